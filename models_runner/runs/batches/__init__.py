"""Summaries that a provider writes in batches: collecting, ordering and results; may import what stands beside it."""
