"""Measures: delay, stops, queues, throughput, emissions, signals; columns in, numbers with intervals out."""
