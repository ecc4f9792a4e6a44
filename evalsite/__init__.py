"""What every app stands on: settings, addresses, accounts, shared pages, the launcher; may import every app."""

from evalsite.celery import app as celery_app

__all__ = ["celery_app"]
