"""Start runs, and write and score their summaries; may import all rooms but finetune, importing and web."""
