"""When a study may end: at any time by a confidence sequence, or at planned looks; may import data and models."""
