"""Pages for people: the description of the API, and their tokens. May import everything of the API."""
