"""What happens while somebody rates: the next pair, its page, votes, undo, remarks; may import models to studies."""
