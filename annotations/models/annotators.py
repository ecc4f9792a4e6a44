"""Annotators: pseudonyms within one study; and what they agree to and say about themselves."""

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
    # A keyed hash of what the page with the invitation sent: sent again, by a double click say, it makes nobody new.
    join_key = models.CharField(max_length=64, blank=True, editable=False, default="", db_default="")
    judge_type = models.CharField(max_length=10, choices=JudgeType.choices, default=JudgeType.HUMAN)
    imported = models.BooleanField(default=False, help_text="Rated elsewhere; the votes came in as a file.")
    # Bare codes with spaces between; empty: they were not asked, and are given every document.
    reads = models.CharField(max_length=500, blank=True, help_text="The languages they read, such as: en zh")
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="Gave up the rest of their work in this study.")
    saw_results_at = models.DateTimeField(
        null=True, blank=True, help_text="Was shown results, or who wrote which text; is given nothing to rate since."
    )
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
                fields=["study", "join_key"], condition=~Q(join_key=""), name="annotator_once_per_join_key"
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


# ---- what annotators agree to and are asked about themselves, apart from votes


class ConsentText(models.Model):
    """One version of what annotators agree to, which never changes; Study.consent_version says which one counts."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consent_texts")
    version = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "version"]
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="consent_version_once_per_study"),
            models.CheckConstraint(condition=Q(version__gte=1) & ~Q(text=""), name="consent_text_says_something"),
        ]

    def __str__(self) -> str:
        return f"Consent {self.version} of {self.study_id}"


class Consent(models.Model):
    """An annotator agreed to a version of the text."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.CASCADE, related_name="consents")
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["annotator", "pk"]
        constraints = [models.UniqueConstraint(fields=["annotator", "text"], name="consent_once")]

    def __str__(self) -> str:
        return f"Consent of {self.annotator_id} to {self.text_id}"


class PersonalQuestion(models.Model):
    """A question of the study's owner about the person, before or after rating."""

    class Moment(models.TextChoices):
        BEFORE = "before", "Before rating"
        AFTER = "after", "After rating"

    class Kind(models.TextChoices):
        TEXT = "text", "Words"
        CHOICE = "choice", "One of several answers"
        SCALE = "scale", "A number on a scale"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="personal_questions")
    # Names the question on annotators' pages.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    moment = models.CharField(max_length=10, choices=Moment.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField(max_length=500)
    # Of a choice: the answers. Of a scale: the first and the last number, and what they mean.
    options = models.JSONField(default=list)
    position = models.PositiveIntegerField()
    retired_at = models.DateTimeField(null=True, blank=True, help_text="No longer asked; its answers stay.")

    class Meta:
        ordering = ["study", "moment", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(moment__in=["before", "after"]), name="personal_question_moment_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["text", "choice", "scale"]), name="personal_question_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class PersonalAnswer(models.Model):
    """An answer to a question about the person; empty: they were asked, and gave none."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="personal_answers")
    question = models.ForeignKey(PersonalQuestion, on_delete=models.CASCADE, related_name="answers")
    text = models.TextField(blank=True)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["annotator", "pk"]
        constraints = [models.UniqueConstraint(fields=["annotator", "question"], name="personal_answer_once")]

    def __str__(self) -> str:
        return f"Answer {self.pk}"
