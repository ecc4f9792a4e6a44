"""The rating path: the next pair, its page, votes, undo, remarks; may import models to studies."""
