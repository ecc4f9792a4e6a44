"""What people read: cut to a width, compared, shown in their language, and what of it can be seen."""
