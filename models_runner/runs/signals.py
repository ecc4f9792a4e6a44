"""What later stages may listen to; they import this package, never the other way round."""

from django.dispatch import Signal

# Sent with run=... outside any transaction: when a run ends, and every 20 s while it is worked on.
summaries_saved = Signal()
