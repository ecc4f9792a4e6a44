"""One module a format or family of formats, and the table of them; may import speech and what stands beside it."""
