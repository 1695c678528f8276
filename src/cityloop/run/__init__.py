"""The one place that assembles engine, services, guard and log."""
