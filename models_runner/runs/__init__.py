"""Runs: starting them, writing and scoring their summaries, telling how far they are; may import all rooms but finetune, importing and web."""
