"""The report of a trial: one HTML file that a mayor can read and an engineer can check."""
