"""Small helpers for several apps: JSON, files, lines, CSV cells, SQL, numbers, names, languages; imports no app."""
