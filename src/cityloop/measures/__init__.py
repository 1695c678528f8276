"""Delay, stops, queues, emissions: columns in, numbers with intervals out."""
