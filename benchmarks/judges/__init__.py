"""Simulated studies with people and judges of known faults, and how well the figures about judges recover these."""
