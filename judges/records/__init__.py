"""Judges from files and forms: checked, stored once, listed with what they need; may import models and rubrics."""
