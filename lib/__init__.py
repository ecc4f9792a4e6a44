"""Helpers for all apps: JSON, files, lines, CSV, SQL, numbers, names, languages, text, Markdown; import no app."""
