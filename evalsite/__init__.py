"""The site: settings, addresses, accounts, shared pages and the launcher; may import every app."""

from evalsite.celery import app as celery_app

__all__ = ["celery_app"]
