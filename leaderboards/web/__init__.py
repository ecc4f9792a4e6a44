"""Pages of results and of releases, and who may see them; may import every room."""
