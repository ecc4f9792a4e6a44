"""The wordings of instructions. They never change; a new wording is a new version."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from models_runner.models.datasets import InstructionKind


class InstructionText(models.Model):
    """The wording of an instruction in one language and version; a version has all languages of its kind."""

    kind = models.CharField(max_length=10, choices=InstructionKind.choices)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    text = models.TextField(help_text="For the kind query: with {query} in it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "-version", "language"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "language", "version"], name="instruction_text_once_per_version"),
            models.CheckConstraint(condition=Q(kind__in=InstructionKind.values), name="instruction_text_kind_known"),
            models.CheckConstraint(condition=~Q(text=""), name="instruction_text_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} v{self.version}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            raise ValidationError("The words of an instruction never change. Add a new version.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]
