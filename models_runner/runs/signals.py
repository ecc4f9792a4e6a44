"""What later stages may listen to; they import this package, never the other way round."""

from django.dispatch import Signal

# Sent with run=... outside any transaction: when a run ends, and every 20 s while it is worked on.
summaries_saved = Signal()

# Sent after every sweep for lost work, for those with work of their own: with starting=True when a worker starts, and
# with starting=False every SWEEP_SECONDS of each worker.
swept = Signal()
