"""Annotators: pseudonyms within one study."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.people import Invitation
from annotations.models.studies import Study


class JudgeType(models.TextChoices):
    HUMAN = "human", "A person"
    LLM = "llm", "A language model"


def included(to_annotator: str = "") -> Q:
    """Condition: the annotator is not excluded, so their votes count.

    to_annotator: the lookup that leads from the filtered rows to an annotator, such as "assignment__annotator__".
    """
    return Q(**{f"{to_annotator}excluded_at": None})


class AnnotatorQuerySet(models.QuerySet["Annotator"]):
    def included(self) -> "AnnotatorQuerySet":
        """Those whose votes count."""
        return self.filter(included())

    def excluded(self) -> "AnnotatorQuerySet":
        """Those whose votes were left out."""
        return self.filter(~included())


class Annotator(models.Model):
    """One person, or one judge of another kind, within one study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="annotators")
    # Identifies the annotator in their signed personal link; not shown elsewhere.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(help_text="Counts the study's annotators; the pseudonym is made of it.")
    pseudonym = models.CharField(max_length=50)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="annotators"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.SET_NULL, null=True, blank=True, related_name="annotators"
    )
    # Their id on a recruiting platform. Personal data: shown to owners only.
    external_id = models.CharField(max_length=100, blank=True)
    judge_type = models.CharField(max_length=10, choices=JudgeType.choices, default=JudgeType.HUMAN)
    imported = models.BooleanField(default=False, help_text="Rated elsewhere; the votes came in as a file.")
    # Bare codes with spaces between; empty: they were not asked, and are given every document.
    reads = models.CharField(max_length=500, blank=True, help_text="The languages they read, such as: en zh")
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="Gave up the rest of their work in this study.")
    erased_at = models.DateTimeField(null=True, blank=True, help_text="Had all that leads to them erased.")

    excluded_at = models.DateTimeField(null=True, blank=True, help_text="Votes do not count since then.")
    exclusion_reason = models.CharField(max_length=500, blank=True)

    objects = AnnotatorQuerySet.as_manager()

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(judge_type__in=JudgeType.values), name="annotator_judge_type_known"),
            # A name that came with a file belongs to nobody here.
            models.CheckConstraint(
                condition=Q(imported=False) | Q(user=None, invitation=None, external_id=""),
                name="annotator_imported_is_nobody_here",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(user=None, invitation=None, external_id="", left_at__isnull=False),
                name="annotator_erased_is_nobody",
            ),
            models.CheckConstraint(
                condition=Q(excluded_at=None, exclusion_reason="")
                | (Q(excluded_at__isnull=False) & ~Q(exclusion_reason="")),
                name="annotator_exclusion_has_reason",
            ),
            models.UniqueConstraint(fields=["study", "number"], name="annotator_number_once_per_study"),
            models.UniqueConstraint(fields=["study", "pseudonym"], name="annotator_pseudonym_once_per_study"),
            models.UniqueConstraint(
                fields=["study", "external_id"], condition=~Q(external_id=""), name="annotator_external_id_once"
            ),
            models.UniqueConstraint(
                fields=["study", "user"], condition=Q(user__isnull=False), name="annotator_once_per_study_user"
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def languages(self) -> list[str]:
        """Bare codes of the languages they read; empty if they were not asked."""
        return self.reads.split()

    @property
    def is_included(self) -> bool:
        """Whether their votes count."""
        return self.excluded_at is None
