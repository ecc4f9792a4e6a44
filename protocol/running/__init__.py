"""Plan a protocol and run it, step by step; what the database has already is not done again."""
