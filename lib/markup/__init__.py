"""Markdown in summaries: what people see of it, as HTML or as plain text, and how much of it there is."""
