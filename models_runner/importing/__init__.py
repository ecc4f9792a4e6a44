"""Import transcripts and summaries from files; may import all rooms but finetune and web."""
