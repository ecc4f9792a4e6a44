"""Which run a worker writes next, and what those that wait are waiting for."""
