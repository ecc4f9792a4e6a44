"""Strategies for a transcript that is longer than a model's window; may import the protocol of adapters."""
