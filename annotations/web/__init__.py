"""Pages of annotators and researchers, and who may see them; may import every room."""
