"""Refuse to start with settings that no work can be done with, in the words of `manage.py check`.

Workers skip Django's checks, which load every page of the site. Those about work have the tag WORK and are made.
"""

from celery.signals import worker_init
from django.core.management.base import BaseCommand, SystemCheckError

WORK = "work"


@worker_init.connect
def refuse_faulty_settings(**kwargs: object) -> None:
    """Make the checks; end this process with what they find, if that is an error."""
    try:
        BaseCommand().check(tags=[WORK])
    except SystemCheckError as error:
        raise SystemExit(str(error)) from None
