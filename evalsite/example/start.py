"""Decide at the start of the site whether the example study is there."""

import os

from django.conf import settings
from django.contrib.auth.models import User

from annotations.models import Study
from evalsite.example.study import load_example, remove_example
from evalsite.sample import STUDY
from leaderboards.presentation.study_verdict import study_verdict

# Stands in the data folder from the first start until the example is loaded; a start that was broken off goes on.
WANTED = "example-wanted"


def ask_for_example() -> None:
    """Note that the example is wanted: at the first start, or if EXAMPLE is 1. Where EXAMPLE is 0, forget it."""
    asked = os.environ.get("EXAMPLE", "")
    note = settings.DATA_DIR / WANTED
    if asked == "0":
        note.unlink(missing_ok=True)
    elif asked or not Study.objects.filter(slug=STUDY).exists():
        note.touch()


def serve_example(owner: User) -> None:
    """Load the example if it is wanted, or remove it where EXAMPLE is 0. Takes seconds, so the site runs already."""
    note = settings.DATA_DIR / WANTED
    if os.environ.get("EXAMPLE") == "0":
        remove_example()
    elif note.exists():
        study_verdict(load_example(owner))  # so that the overview has its verdict at once
        note.unlink(missing_ok=True)
