"""Views, one module for each subject: each reads, checks access, makes one call and answers."""
