"""Small helpers that several apps need: JSON errors, files, CSV cells, SQL, numbers, languages; imports nothing of ours."""
