"""Pages of judges, their forms and addresses; may import every other room."""
