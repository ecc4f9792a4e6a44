"""Simulated studies, thousands at once, and the intervals that are tried on them; see benchmarks/simulate.py."""
