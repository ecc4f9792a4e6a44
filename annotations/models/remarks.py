"""Remarks of annotators on a pair: comments, problems, reasons to skip."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from annotations.models.assignments import Assignment

LONGEST_REMARK = 2_000


class RemarkQuerySet(models.QuerySet["Remark"]):
    def standing(self) -> "RemarkQuerySet":
        """Remarks without the comments that were changed or removed later, and the skips that were taken back."""
        later = Remark._default_manager.filter(assignment=OuterRef("assignment"), pk__gt=OuterRef("pk"))
        comments = Q(kind="comment") & ~Q(text="") & ~Exists(later.filter(kind="comment"))
        skips = Q(kind="skip") & ~Exists(later.filter(kind="unskip"))
        return self.filter(Q(kind="problem") | comments | skips)


class Remark(models.Model):
    """One remark. A changed comment is a new row, and the newest counts; a trigger refuses changes to the rows."""

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        PROBLEM = "problem", "Problem"
        SKIP = "skip", "Skipped"
        UNSKIP = "unskip", "Skip taken back"

    class Reason(models.TextChoices):
        LANGUAGE = "language", _("I do not know the language well enough")
        SUBJECT = "subject", _("I cannot judge this subject")
        BROKEN = "broken", _("A text is broken or missing")
        IDENTITY = "identity", _("A text tells what wrote it")
        PRIVATE = "private", _("It has personal or offensive content")
        OTHER = "other", _("Something else")

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="remarks")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    text = models.TextField(blank=True, max_length=LONGEST_REMARK)
    # Chosen by the browser; a repeated key is the same remark sent again.
    client_key = models.UUIDField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    after_revision = models.BigIntegerField(
        null=True, blank=True, help_text="Of a skip: the newest answer of anybody then; later ones have larger numbers."
    )

    objects = RemarkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["comment", "problem", "skip", "unskip"]), name="remark_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="comment", reason="") | (~Q(kind="comment") & ~Q(reason="")),
                name="remark_reason_iff_no_comment",
            ),
        ]
        indexes = [models.Index(fields=["assignment", "kind"], name="remark_assignment_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
