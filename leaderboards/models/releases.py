"""Releases, and exports made in the background. The rows are the truth; messages only say that there is work."""

import uuid
from datetime import datetime
from typing import Self, TypeVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from annotations.models import Study
from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints

VERSION = RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z.-]*\Z", "Expected letters, digits, dots and hyphens, such as 1.0.")
DOI = RegexValidator(
    r"^10\.[0-9]{4,9}/\S+\Z", "Expected a DOI, such as 10.5281/zenodo.1234567, without an address before it."
)


File = TypeVar("File", bound="FileJob")


class FileJobQuerySet(LeasedJobQuerySet[File]):  # type: ignore[override]  # of as_manager
    def take(self, *, owner: str, until: datetime, **changes: object) -> int:
        return super().take(owner=owner, until=until, rows_done=0, **changes)


class FileJob(LeasedJob):
    """Writing files in the background."""

    WORKER_ENDED = f"The worker ended while it wrote the files, {MAX_ATTEMPTS} times. Look at its log, then try again."

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Being written"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="%(class)ss")
    # Names the files.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_by = models.CharField(max_length=200, help_text="A name, so that it outlives the account.")
    created_at = models.DateTimeField(auto_now_add=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    file_bytes = models.BigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]
        constraints = [
            *lease_constraints("%(class)s"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(file_bytes__isnull=False), name="%(class)s_done_has_file"
            ),
        ]

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class ReleaseQuerySet(FileJobQuerySet["Release"]):  # type: ignore[override]  # of as_manager
    def published(self) -> Self:
        """Published releases, newest first."""
        published = self.filter(publication=Release.Publication.PUBLISHED)
        return published.select_related("study").order_by("-published_at")


class Release(FileJob):
    """A frozen copy of a study's votes and what they are about. Once published only its DOI can change (a trigger)."""

    TASK = "leaderboards.files.tasks.write_release"

    class Publication(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    name = models.CharField(max_length=200)
    version = models.CharField(max_length=50, validators=[VERSION], help_text="For example 1.0.")
    publication = models.CharField(max_length=10, choices=Publication.choices, default=Publication.DRAFT)
    description = models.TextField(blank=True, help_text="What a reader should know, in the dataset card.")
    licence = models.CharField(max_length=200, default="CC-BY-4.0", help_text="Of the votes; texts have their own.")
    include_comments = models.BooleanField(
        "Comments", default=False, help_text="Also what annotators wrote beside their votes. Read them first."
    )
    include_excluded = models.BooleanField(
        "Excluded annotators", default=False, help_text="Also their votes, marked; the board leaves them out."
    )
    # A release from before there was this table is written again without it, byte for byte as it was.
    has_looks = models.BooleanField(default=True, db_default=False, editable=False)
    seed = models.PositiveIntegerField(default=0, help_text="Of the board's intervals.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the zip file.")
    counts = models.JSONField(default=dict, blank=True, help_text="Rows by table, and votes left out by reason.")
    published_at = models.DateTimeField(null=True, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True, validators=[DOI])

    objects = ReleaseQuerySet.as_manager()

    class Meta(FileJob.Meta):
        constraints = [
            *FileJob.Meta.constraints,
            models.UniqueConstraint(fields=["study", "version"], name="release_version_once_per_study"),
            models.CheckConstraint(condition=~Q(version="") & ~Q(name=""), name="release_has_name_and_version"),
            models.CheckConstraint(
                condition=Q(publication="draft", published_at=None)
                | (Q(publication="published", status="done", published_at__isnull=False) & ~Q(sha256="")),
                name="release_published_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("release", args=[self.study.slug, self.version])

    @property
    def folder_name(self) -> str:
        return f"{self.study.slug}-{self.version}"

    @property
    def is_published(self) -> bool:
        return self.publication == self.Publication.PUBLISHED

    @property
    def is_without_answers(self) -> bool:
        """Whether its files are written and hold nothing that people or judges said: no vote, no verdict, no mark."""
        rows = self.counts.get("rows", {})
        return self.status == self.Status.DONE and not any(rows.get(table) for table in ("votes", "verdicts", "marks"))


class ExportJob(FileJob):
    """An export written in the background; file and row go when it expires."""

    TASK = "leaderboards.files.tasks.write_export"

    format = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    lines = models.PositiveBigIntegerField(null=True, blank=True)
    left_out = models.JSONField(default=dict, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Set when the file is ready.")

    objects = FileJobQuerySet["ExportJob"].as_manager()

    class Meta(FileJob.Meta):
        constraints = [
            *FileJob.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="done") | Q(expires_at__isnull=False), name="exportjob_done_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk} of {self.study_id} as {self.format}"
