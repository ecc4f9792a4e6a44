"""Systems: everything that determines the summary of a document."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from models_runner.adapters.endpoints import check_engine
from models_runner.adapters.generating.settings import check_generating_settings
from models_runner.adapters.loading.settings import check_loading_settings
from models_runner.adapters.longinput.strategies import check_long_input
from models_runner.adapters.longinput.window import check_output_limit, check_window
from models_runner.adapters.openai_api.settings import check_request_settings
from models_runner.adapters.protocol import AdapterError
from models_runner.adapters.registry import ADAPTERS, UnknownAdapterError

COMPACT_BELOW = 2_000_000_000
LARGE_FROM = 7_000_000_000
# Dollars a million tokens or an hour, and the part of it that is paid for batches (models_runner/systems/prices.py).
PRICES = ("input", "output", "hour", "batch")
MOST_DOLLARS = 1_000_000


class Regime(models.TextChoices):
    ZERO_SHOT = "zero-shot", "Zero-shot"
    FINE_TUNED = "fine-tuned", "Fine-tuned"
    BASELINE = "baseline", "Baseline"
    HUMAN = "human", "Human"


def check_adapter(key: str) -> None:
    """Raise AdapterError if there is no such adapter."""
    if key not in ADAPTERS:
        raise UnknownAdapterError(key)


def check_template(template: str) -> None:
    """Raise AdapterError if a prompt does not say where the transcript goes."""
    if template and "{transcript}" not in template:
        raise AdapterError("prompt_template has no {transcript} in it; expected it where the transcript goes.")


def check_engine_record(engine: Mapping[str, Any]) -> None:
    """Raise AdapterError if an engine record holds a key, an address that is not allowed or a wrong setting."""
    check_engine(engine)
    check_request_settings(engine)
    check_loading_settings(engine)
    check_generating_settings(engine)


def check_price(price: object) -> None:
    """Raise AdapterError if a price names what no summary has, or is no amount that somebody could ask."""
    if not isinstance(price, Mapping):
        raise AdapterError('price is no record; expected dollars by name, such as {"input": 0.5, "output": 1.5}.')
    if unknown := [name for name in price if name not in PRICES]:
        raise AdapterError(f"price.{unknown[0]} is not known; expected one of {', '.join(PRICES)}.")
    for name, value in price.items():
        most = 1 if name == "batch" else MOST_DOLLARS
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
            raise AdapterError(f"price.{name} is {value!r}; expected a number from 0 to {most:,}.")


CHECKS: dict[str, Callable[[Any], None]] = {
    "adapter": check_adapter,
    "prompt_template": check_template,
    "decoding": check_output_limit,
    "long_input": check_long_input,
    "engine": check_engine_record,
    "price": check_price,
}


class System(models.Model):
    """A model with its revision, adapter, decoding, prompt and long-input strategy; a change makes a new system."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    adapter = models.CharField(max_length=50)
    model_id = models.CharField(
        max_length=300, blank=True, help_text="Weights: a folder, a file, a package or a hub id."
    )
    revision = models.CharField(max_length=100, blank=True)
    regime = models.CharField(max_length=20, choices=Regime.choices)
    parameters = models.BigIntegerField(null=True, blank=True)
    context_window = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens, prompt and output together.")
    prompt_template = models.TextField(blank=True, help_text="With {instruction} and {transcript}.")
    decoding = models.JSONField(default=dict, blank=True)
    long_input = models.JSONField(default=dict, blank=True)
    engine = models.JSONField(default=dict, blank=True, help_text="Threads, slots, dtype and other engine settings.")
    base = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The system whose weights this one was fine-tuned from.",
    )
    price = models.JSONField(
        default=dict,
        blank=True,
        help_text='US dollars: {"input": a million prompt tokens, "output": a million written, "hour": the machine, '
        '"batch": the part of both that is paid for what is written in batches}.',
    )
    licence = models.CharField(max_length=200, blank=True)
    about = models.TextField(blank=True, help_text="What a reader of results should know about this system.")
    created_at = models.DateTimeField(auto_now_add=True)

    # Fields that summaries depend on; they cannot change once the system has summaries.
    FROZEN_FIELDS = (
        "slug",
        "adapter",
        "model_id",
        "revision",
        "regime",
        "parameters",
        "context_window",
        "prompt_template",
        "decoding",
        "long_input",
        "engine",
    )

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(regime__in=Regime.values), name="system_regime_known"),
            models.CheckConstraint(
                condition=Q(parameters__isnull=True) | Q(parameters__gt=0), name="system_parameters_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            self._refuse_change_after_use()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_absolute_url(self) -> str:
        return reverse("system", args=[self.slug])

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude=exclude)
        checks = {name: check for name, check in CHECKS.items() if name not in (exclude or ())}
        problems = {}
        for name, check in checks.items():
            try:
                check(getattr(self, name))
            except AdapterError as error:
                problems[name] = str(error)
        if not problems and "context_window" not in (exclude or ()):
            try:
                check_window(self.adapter, self.context_window, self.decoding, self.engine)
            except AdapterError as error:
                problems["context_window"] = str(error)
        if problems:
            raise ValidationError(problems)

    @property
    def can_replace(self) -> bool:
        """Whether a study may ask if this one replaces a larger one: it is compact, or a baseline."""
        return self.size_class == "compact" or self.regime == Regime.BASELINE

    @property
    def size_class(self) -> str:
        """compact below 2 billion parameters, large from 7 billion, mid between; "" if the number is not known."""
        if self.parameters is None:
            return ""
        if self.parameters < COMPACT_BELOW:
            return "compact"
        return "large" if self.parameters >= LARGE_FROM else "mid"

    @property
    def writes_in_batches(self) -> bool:
        """Whether its summaries are ordered from the provider in batches: cheaper, later, and not timed."""
        return bool(self.engine.get("batch"))

    def has_summaries(self) -> bool:
        """Tell whether summaries were made with this record, wait for a worker, or are being written."""
        return self.runs.filter(summaries__status__in=("pending", "running", "done")).exists()

    def spec(self) -> dict[str, object]:
        """Return the frozen fields by name, as runs and exports record them."""
        return {field: getattr(self, field) for field in self.FROZEN_FIELDS}

    def _refuse_change_after_use(self) -> None:
        stored = System.objects.get(pk=self.pk)
        changed = [field for field in self.FROZEN_FIELDS if getattr(stored, field) != getattr(self, field)]
        if changed and self.has_summaries():
            raise ValidationError(
                f"System {stored.slug} already has summaries, or a run writes them, so {', '.join(changed)} cannot "
                "change. Add a new system with the new settings instead."
            )
