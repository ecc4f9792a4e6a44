"""What a judge reads: the question with its texts, and the transcript cut to fit; imports no other room."""
