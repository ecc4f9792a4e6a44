"""Delete kept votes where what they were read from is changed or gone; votes alone leave them as they are."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from annotations.models import Annotator, AuditEntry, Criterion
from leaderboards.data.cache.files import forget, kept_questions, written_at
from leaderboards.data.cache.reading import OLDEST


def watch_studies() -> None:
    """Forget a study's votes once its history has a new entry, such as an erasure, or an annotator or question goes."""
    post_save.connect(_study_changed, sender=AuditEntry, dispatch_uid="kept votes: history")
    post_delete.connect(_study_changed, sender=Annotator, dispatch_uid="kept votes: annotator")
    post_delete.connect(_question_deleted, sender=Criterion, dispatch_uid="kept votes: question")


def forget_outdated(*, starting: bool = False) -> None:
    """Delete files of questions that are gone, and those that nobody has written for a day, a part of each sweep.

    Another machine has a data folder of its own, in which nothing is deleted when a study changes.
    """
    kept = kept_questions()
    there = set(Criterion.objects.filter(pk__in=kept).values_list("pk", flat=True)) if kept else set()
    oldest = timezone.now() - OLDEST - timedelta(hours=1)
    for question in kept:
        if question not in there or written_at(question) < oldest:
            forget(question)


def _study_changed(instance: AuditEntry | Annotator, **kwargs: Any) -> None:
    questions = list(Criterion.objects.filter(study=instance.study_id).values_list("pk", flat=True))
    _forget_after_commit(questions)


def _question_deleted(instance: Criterion, **kwargs: Any) -> None:
    _forget_after_commit([instance.pk])


def _forget_after_commit(questions: list[int]) -> None:
    def forget_them() -> None:
        for question in questions:
            forget(question)

    transaction.on_commit(forget_them)
