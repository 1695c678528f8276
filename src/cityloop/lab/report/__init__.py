"""The report of a trial: one HTML file that a mayor can read and an engineer can check."""

from cityloop.lab.report.write import write_report

__all__ = ["write_report"]
