"""Helpers for all apps: JSON, files, lines, CSV, SQL, numbers, names, languages, visible text; import no app."""
