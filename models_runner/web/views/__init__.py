"""Researchers' pages, one module per subject; may import forms, access and every room."""
