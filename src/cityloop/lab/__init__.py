"""The lab: trials and their reports."""
