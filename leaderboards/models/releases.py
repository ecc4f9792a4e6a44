"""Releases, and exports made in the background. The rows are the truth; messages only say that there is work."""

import uuid
from datetime import datetime, timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from annotations.models import Study

VERSION = RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z.-]*\Z", "Expected letters, digits, dots and hyphens, such as 1.0.")
DOI = RegexValidator(
    r"^10\.[0-9]{4,9}/\S+\Z", "Expected a DOI, such as 10.5281/zenodo.1234567, without an address before it."
)


class FileJobQuerySet(models.QuerySet):
    def claim(self, pk: int, *, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take a waiting job for owner; False if somebody else has it or it is finished."""
        waiting = self.filter(pk=pk, state=FileJob.State.PENDING)
        changes = {"state": FileJob.State.RUNNING, "owner": owner, "lease_until": now + lease, "rows_done": 0}
        return bool(waiting.update(**changes, reason="", attempts=F("attempts") + 1))


class FileJob(models.Model):
    """Writing files in the background."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Being written"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="%(class)ss")
    # Names the files.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_by = models.CharField(max_length=200, help_text="A name, so that it outlives the account.")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.TextField(blank=True)
    owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    announced_at = models.DateTimeField(null=True, blank=True, help_text="When workers were last told of it.")
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    file_bytes = models.BigIntegerField(null=True, blank=True)

    objects = FileJobQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name="%(class)s_failure_has_reason"),
            models.CheckConstraint(
                condition=~Q(state="running") | (~Q(owner="") & Q(lease_until__isnull=False)),
                name="%(class)s_running_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(file_bytes__isnull=False), name="%(class)s_done_has_file"
            ),
        ]

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class Release(FileJob):
    """A frozen copy of a study's votes and what they are about. Once published only its DOI can change (a trigger)."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    name = models.CharField(max_length=200)
    version = models.CharField(max_length=50, validators=[VERSION], help_text="For example 1.0.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    description = models.TextField(blank=True, help_text="What a reader should know, in the dataset card.")
    licence = models.CharField(max_length=200, default="CC-BY-4.0", help_text="Of the votes; texts have their own.")
    include_comments = models.BooleanField(
        "Comments", default=False, help_text="Also what annotators wrote beside their votes. Read them first."
    )
    include_excluded = models.BooleanField(
        "Excluded annotators", default=False, help_text="Also their votes, marked; the board leaves them out."
    )
    seed = models.PositiveIntegerField(default=0, help_text="Of the board's intervals.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the zip file.")
    counts = models.JSONField(default=dict, blank=True, help_text="Rows by table, and votes left out by reason.")
    published_at = models.DateTimeField(null=True, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True, validators=[DOI])

    class Meta(FileJob.Meta):
        constraints = [
            *FileJob.Meta.constraints,
            models.UniqueConstraint(fields=["study", "version"], name="release_version_once_per_study"),
            models.CheckConstraint(condition=~Q(version="") & ~Q(name=""), name="release_has_name_and_version"),
            models.CheckConstraint(
                condition=Q(status="draft", published_at=None)
                | (Q(status="published", state="done", published_at__isnull=False) & ~Q(sha256="")),
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
        return self.status == self.Status.PUBLISHED


class ExportJob(FileJob):
    """An export written in the background; file and row go when it expires."""

    format = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    lines = models.PositiveBigIntegerField(null=True, blank=True)
    left_out = models.JSONField(default=dict, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Set when the file is ready.")

    class Meta(FileJob.Meta):
        constraints = [
            *FileJob.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state="done") | Q(expires_at__isnull=False), name="exportjob_done_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk} of {self.study_id} as {self.format}"
