"""Marks and their withdrawals. Neither ever changes; what somebody takes back stays on record."""

import hashlib
import uuid

from django.db import models
from django.db.models import F, Q

from annotations.models import Annotator, Assignment, Purpose, Study, included
from marks.models.kinds import MarkKind
from models_runner.models import Summary

LONGEST_COMMENT = 2_000


def text_hash(text: str) -> str:
    """Return the SHA-256 of a summary's text, which says what the characters of a mark are counted in."""
    return hashlib.sha256(text.encode()).hexdigest()


class Severity(models.TextChoices):
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"


class MarkQuerySet(models.QuerySet["Mark"]):
    def standing(self) -> "MarkQuerySet":
        """Select marks that were not taken back."""
        return self.filter(withdrawal=None)

    def counted(self) -> "MarkQuerySet":
        """Select standing marks of annotators who are not excluded, on pairs that count or from a file."""
        on_pairs = Q(assignment=None) | Q(assignment__comparison__purpose=Purpose.RATING)
        return self.standing().filter(on_pairs, included("annotator__"))


class Mark(models.Model):
    """An error that an annotator saw: characters of the stored summary, or nothing but the whole of it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="marks", db_index=False)
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="marks", db_index=False)
    summary = models.ForeignKey(Summary, on_delete=models.PROTECT, related_name="marks")
    assignment = models.ForeignKey(
        Assignment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="marks",
        help_text="None of a mark that was made elsewhere.",
    )
    source = models.CharField(max_length=200, blank=True, help_text="The file of a mark that was made elsewhere.")
    kind = models.ForeignKey(MarkKind, on_delete=models.RESTRICT, related_name="marks", db_index=False)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    start = models.PositiveIntegerField(null=True, blank=True, help_text="In characters (code points) of the text.")
    end = models.PositiveIntegerField(null=True, blank=True, help_text="The first character behind the mark.")
    text = models.TextField(blank=True, help_text="What stands there.")
    text_sha256 = models.CharField(max_length=64, help_text="Of the whole text of the summary.")
    comment = models.TextField(blank=True, max_length=LONGEST_COMMENT)
    # Chosen by the browser, or made of the row of a file; a repeated key is the same mark sent again.
    client_key = models.UUIDField(unique=True, default=uuid.uuid4)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MarkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False, source="") | (Q(assignment=None) & ~Q(source="")),
                name="mark_given_here_or_elsewhere",
            ),
            models.CheckConstraint(
                condition=Q(start=None, end=None, text="")
                | (Q(start__isnull=False, end__isnull=False, start__lt=F("end")) & ~Q(text="")),
                name="mark_on_words_or_on_the_whole",
            ),
            models.CheckConstraint(condition=Q(severity__in=["minor", "major"]), name="mark_severity_known"),
            models.CheckConstraint(condition=~Q(text_sha256=""), name="mark_says_which_text"),
        ]
        indexes = [
            models.Index(fields=["study", "summary"], name="mark_of_study"),
            models.Index(fields=["annotator", "summary"], name="mark_of_annotator"),
            models.Index(fields=["kind"], name="mark_of_kind"),
        ]

    def __str__(self) -> str:
        return f"Mark {self.pk}"

    @property
    def is_on_words(self) -> bool:
        return self.start is not None


class Withdrawal(models.Model):
    """A mark was taken back. Whoever wants it again makes a new one."""

    mark = models.OneToOneField(Mark, on_delete=models.CASCADE, related_name="withdrawal")
    client_key = models.UUIDField(unique=True, default=uuid.uuid4)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Withdrawal of mark {self.mark_id}"
