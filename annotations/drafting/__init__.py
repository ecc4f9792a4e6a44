"""A study that is being set up: what it would compare, what people would see, what its votes would decide."""
