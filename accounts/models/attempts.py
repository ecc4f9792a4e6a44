"""How often something was tried of late, so that too often is refused."""

from django.db import models


class AttemptCount(models.Model):
    """Attempts of one kind from one source since some moment. The source is a keyed hash: it names nobody."""

    kind = models.CharField(max_length=30)
    source = models.CharField(max_length=64)
    since = models.DateTimeField()
    number = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "source"], name="attempts_once_per_kind_and_source")]
        indexes = [models.Index(fields=["since"], name="attempts_since")]

    def __str__(self) -> str:
        return f"{self.number} × {self.kind}"
