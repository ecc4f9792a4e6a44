"""Runs: starting them, writing and scoring their summaries; may import all rooms but finetune, importing and web."""
