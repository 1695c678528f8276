"""Ways to decide which stage a signal shows."""
