"""How annotators mark errors on the rating page: what the page shows, and what is recorded."""
