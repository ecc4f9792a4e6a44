"""Small helpers for several apps: JSON errors, files, CSV cells, SQL, numbers, languages, Markdown.

Imports nothing of ours.
"""
