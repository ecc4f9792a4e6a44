"""Counts kept while people rate: answers by pair of systems, sides by annotator; may import models."""
