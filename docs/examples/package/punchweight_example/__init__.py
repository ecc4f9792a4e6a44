"""A metric and an adapter for Punchweight, to begin from."""

__version__ = "1.0"
