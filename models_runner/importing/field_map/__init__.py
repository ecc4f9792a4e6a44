"""Make records of rows whose columns have names of their own; may import speech, reading and records."""
