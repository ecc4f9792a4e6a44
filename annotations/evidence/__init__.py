"""Which turns of a transcript may support a sentence of a summary: found in the background, shown to annotators."""
