"""Make records of rows with columns of their own names, or of those inside an object; may import speech and records."""
