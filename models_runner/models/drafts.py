"""Imports that somebody looks at before anything of them is stored."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse

KEPT = timedelta(days=1)


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
    def folder(self) -> Path:
        return Path(settings.DATA_DIR) / "uploads" / str(self.public_id)
