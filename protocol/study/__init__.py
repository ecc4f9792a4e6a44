"""Protocols of studies that are there: what a study's file says, how two differ, what is on record."""
