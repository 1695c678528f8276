"""SUMO behind the engine port."""
