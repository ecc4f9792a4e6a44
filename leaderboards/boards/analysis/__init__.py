"""Analyse whether a result can be trusted: people, metrics, robustness; may import the rest of boards."""
