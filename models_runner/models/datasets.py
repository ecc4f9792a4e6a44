"""Datasets: documents with their transcripts, queries and references."""

from django.db import models
from django.db.models import Q
from django.urls import reverse


class InstructionKind(models.TextChoices):
    LONG = "long", "Long"
    MEDIUM = "medium", "Medium"
    SHORT = "short", "Short"
    QUERY = "query", "Query"


class DatasetManager(models.Manager["Dataset"]):
    def get_queryset(self) -> models.QuerySet["Dataset"]:
        """Leave out those in which documents are staged."""
        return super().get_queryset().filter(staged_by="")


class Dataset(models.Model):
    """Documents that belong together; or, where it is staged by an import, documents that nobody sees yet."""

    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.CharField(
        max_length=150, blank=True, help_text="The account that imported its first documents; empty: a command did."
    )
    staged_by = models.CharField(
        max_length=200, blank=True, editable=False, help_text="The process whose import puts documents here meanwhile."
    )

    objects = DatasetManager()
    with_staged = models.Manager["Dataset"]()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.name])


class Document(models.Model):
    """One meeting. Its text is in Transcript, so that lists of documents never load it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="documents")
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    split = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=20, default="en")
    position = models.PositiveIntegerField(help_text="Order in which the documents were imported.")
    word_count = models.PositiveIntegerField()
    # SHA-256 of the imported record; it distinguishes a repeated import from a changed document.
    content_hash = models.CharField(max_length=64)
    metadata = models.JSONField(default=dict, blank=True)
    # Both may be set or changed later, because they do not affect the text.
    licence = models.CharField(max_length=200, blank=True, help_text="Of the transcript, for example CC-BY-4.0.")
    redistributable = models.BooleanField(
        default=False, help_text="The text may be passed on. Else a release holds its hash in its place."
    )

    class Meta:
        ordering = ["dataset", "position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "external_id"], name="document_once_per_dataset"),
            models.UniqueConstraint(fields=["dataset", "position"], name="document_position_once_per_dataset"),
            models.CheckConstraint(condition=~Q(external_id=""), name="document_has_id"),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.pk])


class Transcript(models.Model):
    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="transcript", primary_key=True)
    # [{"speaker": "...", "content": "..."}], noise markers removed; what systems and annotators read. "start", seconds
    # since the beginning, where the import knew times: shown to readers, and nothing else.
    turns = models.JSONField()
    # The turns exactly as imported.
    original_turns = models.JSONField()

    def __str__(self) -> str:
        return f"Transcript of {self.document_id}"

    @property
    def text(self) -> str:
        """The transcript with one line per turn, "speaker: content"."""
        return "\n".join(f"{t['speaker']}: {t['content']}" if t["speaker"] else t["content"] for t in self.turns)


class Query(models.Model):
    """A question about one document; a summary may answer it instead of covering the whole meeting."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="queries")
    position = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ["document", "position"]
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="query_position_once_per_document")
        ]

    def __str__(self) -> str:
        return self.text


class Reference(models.Model):
    """A human-written summary of a document, for one length, for any length (instruction "") or for a query."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="references")
    query = models.ForeignKey(Query, on_delete=models.CASCADE, null=True, blank=True, related_name="references")
    instruction = models.CharField(max_length=10, choices=InstructionKind.choices, blank=True)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField()

    class Meta:
        ordering = ["document", "instruction", "position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(instruction=InstructionKind.QUERY, query__isnull=False)
                | (~Q(instruction=InstructionKind.QUERY) & Q(query__isnull=True)),
                name="reference_query_iff_instruction_query",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="reference_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.instruction or 'any'} reference of {self.document_id}"
