"""What marks of people say of metrics and of evidence, and how well intervals about that hold."""
