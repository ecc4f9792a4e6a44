"""Pairs with a known answer, for training and for attention; may import models to people."""
