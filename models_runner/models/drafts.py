"""Imports that somebody looks at before anything of them is stored."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.db import models
from django.db.models import Q
from django.urls import reverse

from jobs.models import MAX_ATTEMPTS, LeasedJob, LeasedJobQuerySet, lease_constraints
from lib.storage.shared import Shared

KEPT = timedelta(days=1)
UPLOADS = "uploads"
# An upload of more bytes is read and stored by a worker, so that no request takes minutes.
LARGE = 3_000_000
PACKED = 10  # times: what a .zip of texts unpacks to


class ImportDraft(models.Model):
    """Uploaded files, how to read them, and what was corrected. Deleted when it is imported, or after a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # In the order of the upload; the files stand in `folder` under their numbers, so that no name can lead anywhere.
    file_names = models.JSONField()
    options = models.JSONField(default=dict, help_text="How to read: the form's values.")
    corrections = models.JSONField(default=dict, help_text="Speakers by their new names, and documents left out.")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"import of {', '.join(self.file_names)}"

    def get_absolute_url(self) -> str:
        return reverse("import_draft", args=[self.public_id])

    @property
    def is_large(self) -> bool:
        """Whether a worker reads and stores it; looks at the files."""
        sizes = self.shared.files()
        unpacked = (
            sizes.get(str(number), 0) * (PACKED if name.lower().endswith(".zip") else 1)
            for number, name in enumerate(self.file_names)
        )
        return sum(unpacked) > LARGE

    @property
    def shared(self) -> Shared:
        """Where all processes find the files."""
        return Shared(f"{UPLOADS}/{self.public_id}")

    @property
    def folder(self) -> Path:
        """Where the files are written to."""
        return self.shared.path


class ImportJob(LeasedJob):
    """The work on a large upload: reading its files for the preview, then storing its documents."""

    class Kind(models.TextChoices):
        READ = "read", "Reading"
        STORE = "store", "Storing"

    TASK = "models_runner.tasks.import_meetings"
    WORKER_ENDED = (
        f"The worker ended while it read or stored this, {MAX_ATTEMPTS} times. The usual cause is too little memory: "
        "import it in parts."
    )

    draft = models.OneToOneField(ImportDraft, on_delete=models.CASCADE, related_name="job")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    files_read = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True, help_text="Once stored: dataset, added, unchanged.")

    objects = LeasedJobQuerySet["ImportJob"].as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="done", kind="store") | ~Q(result={}), name="importjob_stored_has_result"
            ),
            *lease_constraints("importjob"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.draft}"

    @property
    def is_settled(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)
