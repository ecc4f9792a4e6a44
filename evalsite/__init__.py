"""The site: settings, addresses, accounts, shared pages and the launcher; may import every app."""

import gc

# Whatever is loaded while a process starts stays to its end, and each garbage collection would look at all of it.
# EvalsiteConfig.ready turns them on again.
gc.disable()

from evalsite.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
