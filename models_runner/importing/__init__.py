"""Reading transcripts and summaries made elsewhere; may import all rooms but finetune and web."""
