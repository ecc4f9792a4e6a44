"""Verdicts as rows of a file, which the import reads again; may import the models alone."""
