"""Marks that were made elsewhere: read, placed, stored once or refused by line; may import models and kinds."""
