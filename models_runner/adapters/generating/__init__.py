"""How a transformers model writes: batches with padding and a growing or static cache, or prompts side by side."""
