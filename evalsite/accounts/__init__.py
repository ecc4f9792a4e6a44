"""Pages about accounts: logging in, one's own account, invitations, and what administrators do."""
