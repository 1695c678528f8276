"""What `twin_calibration.py` measures on tiny networks, one module for each kind of place."""
