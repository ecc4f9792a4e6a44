"""Helpers for all apps: JSON, files, lines, CSV, SQL, numbers, names, languages, visible text; they import nothing of ours."""
