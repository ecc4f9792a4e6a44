"""Marks that a careful reader makes on gold and training pairs, and how far annotators make them too."""
