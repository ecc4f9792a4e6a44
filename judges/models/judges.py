"""Judges: everything that determines a verdict, as a record that never changes."""

from django.db import models
from django.db.models import F, Q

from models_runner.models import System
from models_runner.systems.prices import cost_in_dollars

IMPORTED = "imported"


class Mode(models.TextChoices):
    PAIR = "pair", "Compares two summaries"
    SCORE = "score", "Scores each summary alone"


class OrderRule(models.TextChoices):
    """What two verdicts on one pair mean, one in each order, if they differ."""

    CONSERVATIVE = "conservative", "A tie if the two orders disagree"
    MEAN = "mean", "The likeliest answer by the mean of the chances in both orders"


class RubricSource(models.TextChoices):
    STUDY = "study", "The study's own questions"
    LIBRARY = "library", "The project's rubrics"
    OWN = "own", "Rubrics of its own"


class JudgeLanguage(models.TextChoices):
    DOCUMENT = "document", "The document's: Chinese for Chinese documents, English for others"
    ENGLISH = "en", "English"
    CHINESE = "zh", "Chinese"


class Judge(models.Model):
    """A language model with a rubric and a way to be asked. A trigger refuses every change: a change is a new judge."""

    name = models.CharField(max_length=100, unique=True)
    adapter = models.CharField(max_length=50)
    model_id = models.CharField(max_length=300, blank=True)
    revision = models.CharField(max_length=100, blank=True)
    parameters = models.BigIntegerField(null=True, blank=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    engine = models.JSONField(default=dict, blank=True)
    price = models.JSONField(default=dict, blank=True)
    maker = models.CharField(
        max_length=100, blank=True, help_text="Who made the model: systems of the same maker are its family."
    )
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.PAIR)
    scale_min = models.FloatField(null=True, blank=True)
    scale_max = models.FloatField(null=True, blank=True)
    rubric_source = models.CharField(max_length=10, choices=RubricSource.choices, default=RubricSource.STUDY)
    # {criterion: {"version": "3", "sha256": …, "en": …, "zh": …}}; empty where the study's own texts are used.
    rubrics = models.JSONField(default=dict, blank=True)
    reasoning = models.BooleanField(default=True, help_text="Gives a reason before its verdict.")
    reads_reference = models.BooleanField(default=False, help_text="Is shown the human-written summary.")
    reads_evidence = models.BooleanField(default=False, help_text="Is shown the turns that may support each summary.")
    samples = models.PositiveIntegerField(default=1, help_text="How often each question is asked.")
    temperature = models.FloatField(default=0)
    language = models.CharField(max_length=10, choices=JudgeLanguage.choices, default=JudgeLanguage.DOCUMENT)
    order_rule = models.CharField(max_length=20, choices=OrderRule.choices, default=OrderRule.CONSERVATIVE)
    keep = models.CharField(max_length=10, default="head", help_text="What is kept of a transcript that is too long.")
    answer_tokens = models.PositiveIntegerField(default=512, help_text="The most tokens of an answer, thoughts apart.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="judge_has_name"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="judge_mode_known"),
            models.CheckConstraint(condition=Q(order_rule__in=OrderRule.values), name="judge_order_rule_known"),
            models.CheckConstraint(condition=Q(rubric_source__in=RubricSource.values), name="judge_rubric_known"),
            models.CheckConstraint(condition=Q(language__in=JudgeLanguage.values), name="judge_language_known"),
            models.CheckConstraint(condition=Q(keep__in=["head", "tail", "middle"]), name="judge_keep_known"),
            models.CheckConstraint(condition=Q(samples__gte=1), name="judge_asks_at_least_once"),
            models.CheckConstraint(condition=Q(temperature__gte=0), name="judge_temperature_not_negative"),
            models.CheckConstraint(condition=Q(answer_tokens__gte=1), name="judge_may_answer"),
            models.CheckConstraint(
                condition=Q(mode="pair", scale_min=None, scale_max=None)
                | Q(mode="score", scale_min__isnull=False, scale_max__isnull=False, scale_min__lt=F("scale_max")),
                name="judge_scale_iff_score",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_imported(self) -> bool:
        """Whether its verdicts were given elsewhere, so that it cannot be asked here."""
        return self.adapter == IMPORTED

    def as_system(self) -> System:
        """Return its model as an unsaved system, for what systems and judges have in common."""
        return System(
            slug=self.name,
            name=self.name,
            adapter=self.adapter,
            model_id=self.model_id,
            revision=self.revision,
            regime="zero-shot",
            parameters=self.parameters,
            context_window=self.context_window,
            decoding={"temperature": self.temperature},
            engine=self.engine,
            price=self.price,
        )

    def cost(self, prompt_tokens: int | None, output_tokens: int | None, seconds: float | None) -> float | None:
        """Return the cost of an answer in US dollars; None if its price, or a figure for it, is not on record."""
        return cost_in_dollars(self.price, prompt_tokens, output_tokens, seconds)
