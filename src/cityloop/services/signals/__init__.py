"""Signals that follow the traffic of the moment."""
