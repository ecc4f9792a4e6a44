"""Small helpers for several apps: JSON errors, files, CSV cells, SQL, numbers, languages; imports nothing of ours."""
