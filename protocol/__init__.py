"""A whole study as one file: its recipe and its preregistration. May import annotations and what that may import."""
