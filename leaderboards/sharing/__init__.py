"""Who decided that results are shown without an account, by a link or in public; imports the models alone."""
