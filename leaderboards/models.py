"""Board snapshots: what a board showed, with everything needed to compute it again."""

from django.db import models

from annotations.models import Criterion, Study


class BoardSnapshot(models.Model):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="board_snapshots")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="board_snapshots")
    # SHA-256 over the votes and scores used.
    fingerprint = models.CharField(max_length=64)
    code_version = models.CharField(max_length=50)
    seed = models.PositiveIntegerField()
    settings = models.JSONField()
    board = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "criterion", "fingerprint", "code_version", "seed"], name="board_snapshot_once"
            )
        ]

    def __str__(self) -> str:
        return f"Board {self.pk}"
