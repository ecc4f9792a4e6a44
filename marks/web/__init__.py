"""What the rating page sends about marks."""
