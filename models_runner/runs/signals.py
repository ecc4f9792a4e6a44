"""Signals for apps that import this one, which this one must not import."""

from django.dispatch import Signal

# Sent with run=... outside any transaction, when a run ends and every 20 s while a worker works on it.
summaries_saved = Signal()
