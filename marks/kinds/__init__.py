"""The kinds of errors that a study asks for or has marks of; may import the models alone."""
