"""Helpers for all apps: JSON errors, files, CSV, SQL, numbers, languages, visible text; they import nothing of ours."""
