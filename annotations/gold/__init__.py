"""Control items: pairs with a known answer, for training and for gold; may import models to people."""
