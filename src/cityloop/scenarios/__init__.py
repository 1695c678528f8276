"""The catalogue of known scenarios."""
