"""Pairs mixed in among those for rating: gold, training, pairs that come again; may import rating's queries."""
