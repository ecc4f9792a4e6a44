"""The JSON of speech recognition."""
