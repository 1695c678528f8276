"""The parts of ``benchmarks/twin.py``: what is simulated, the peers, and what is measured."""
