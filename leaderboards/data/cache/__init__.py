"""Votes as they were last read, kept in files beside the database; may import columns, filters and vote_rows."""
