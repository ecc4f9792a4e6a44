"""Simulate what is decided with votes: between two systems, with several that come close, when to stop, how many."""
