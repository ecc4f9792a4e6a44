"""Asking judges in the background: starting and ending jobs, questions, answers; may import the rooms below."""
