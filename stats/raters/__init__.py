"""Statistics about raters: agreement, gold, speed, side bias; may import votes and uncertainty."""
