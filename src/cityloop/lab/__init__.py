"""Trials: arms, paired seeds, verdict, report."""
