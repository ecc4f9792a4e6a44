"""One module a subject: each view reads, checks access, makes one call and answers."""
