"""Attacks on the tables of annotations: rows to attack, and that the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.models import (
    Assignment,
)
from tests.factories import (
    AnnotatorFactory,
)


def hold(comparison, *, slot, annotator=None, **values):
    defaults = {"shown_left": "a", "lease_until": timezone.now() + timedelta(hours=1)}
    annotator = annotator or AnnotatorFactory(study=comparison.study)
    return Assignment.objects.create(comparison=comparison, annotator=annotator, slot=slot, **(defaults | values))


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()
