"""JSON as people and programs write it, read strictly, and the one shape of errors that is written back."""
