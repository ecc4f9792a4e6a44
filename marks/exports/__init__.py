"""Marks as rows of a file, which the import reads again; may import models and kinds."""
