"""Pages of researchers over datasets, systems and runs, and who may see them; may import every room."""
