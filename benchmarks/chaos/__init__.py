"""Kill, restart, wipe and fill everything while people rate and workers write; then count what was lost."""
