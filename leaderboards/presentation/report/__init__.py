"""The decision report: one or two printed pages of everything that a decision rests on, as a page and as a PDF."""
