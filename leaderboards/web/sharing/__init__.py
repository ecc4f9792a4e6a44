"""What people without an account see: who may open a page, what stands on it, and the owners' form for it."""
