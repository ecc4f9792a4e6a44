"""What the rating page sends about marks, and the page on which owners import some."""
