"""Simulated studies whose raters are few or careless, and what is said of the raters; see benchmarks/simulate.py."""
