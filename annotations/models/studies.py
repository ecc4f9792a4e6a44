"""Studies: what is compared, on which questions, and by how many annotators."""

import uuid
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from annotations.models.study_choices import (
    AskMarks,
    KeyOrder,
    LookSpending,
    Sampling,
    SummaryFormat,
    Wanted,
    WhichDocuments,
    WhichPairs,
)
from models_runner.models import Dataset, Document, InstructionKind, System

DEFAULT_TITLE = gettext_noop("Which meeting summary is better?")


def none_or_every_second(value: int) -> None:
    if value == 1:
        raise ValidationError("Every pair would be a gold item. Expected 0 for none, or 2 or more.")


class Study(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open for rating"
        PAUSED = "paused", "Paused"
        CLOSED = "closed", "Closed"

    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    # Shown to annotators instead of the slug, which may name a system.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="studies")
    instruction = models.CharField(max_length=10, choices=InstructionKind.choices, default=InstructionKind.MEDIUM)
    systems = models.ManyToManyField(System, related_name="studies")
    which_documents = models.CharField(
        "Documents", max_length=10, choices=WhichDocuments.choices, default=WhichDocuments.ALL
    )
    # The sampled or chosen documents; empty where all documents are compared, including later imports.
    documents = models.ManyToManyField(Document, related_name="studies", blank=True)
    # Of a sample: from how many documents the seed drew it, and from which split ("" for all of the dataset). The
    # chance of each of them is the sample's size by this number. None where it was not recorded yet.
    drawn_from = models.PositiveIntegerField(null=True, blank=True, editable=False)
    drawn_from_split = models.CharField(max_length=50, blank=True, default="", editable=False)
    which_pairs = models.CharField("Pairs", max_length=10, choices=WhichPairs.choices, default=WhichPairs.ALL)
    anchor = models.ForeignKey(System, on_delete=models.PROTECT, null=True, blank=True, related_name="anchored_studies")
    pairs_per_document = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    quota = models.PositiveIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many annotators rate each comparison.",
    )
    sampling = models.CharField(
        "Which pairs first",
        max_length=10,
        choices=Sampling.choices,
        default=Sampling.EVEN,
        help_text="The two in question first: most votes go to the two systems you named, one on each document before "
        "a second; in simulations fewer than 40 of 100 votes decided between them as surely. Each vote is on another "
        "document, so it saves time unless reading one takes longer than some ten votes. Without two named systems "
        "all pairs come alike. Adaptive: of a document's pairs, those whose systems have few or divided votes so far; "
        "it gains little over drawing pairs evenly. Each comparison is still rated as often as asked, so both pay off "
        "when a study ends before every comparison is full. Directed: those that are drawn on the page of the study's "
        "judges, once these have something to say; all pairs come alike until then.",
    )
    epsilon = models.FloatField(
        "Share drawn evenly",
        default=0.2,
        validators=[MinValueValidator(0.01), MaxValueValidator(1)],
        help_text="Of the two in question first and of adaptive: so much of the draws is from all pairs alike, so that "
        "every pair keeps a chance, which is stored. More than 0; 1 draws all evenly.",
    )
    annotator_title = models.CharField(max_length=200, default=DEFAULT_TITLE, help_text="The heading annotators see.")
    guidelines = models.TextField(blank=True)
    # Fixed when the study is created, before anybody can have seen a vote.
    noninferiority_margin = models.FloatField(
        null=True,
        blank=True,
        editable=False,
        help_text="How far below one half a compact system's chance to win against a large one may lie and it still "
        "be good enough, as a share: 0.05 for 5 points.",
    )
    # The two systems that the study asks about. When they were named says whether votes could have been seen before.
    small_system = models.ForeignKey(
        System,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="Small system in question",
        help_text="May it stand in for the large one? The board answers that first. Empty: the best compact system, "
        "and a wider interval, because the best of several looks better than it is.",
    )
    large_system = models.ForeignKey(
        System,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="Large system in question",
        help_text="What the small one is held against. Empty: the best large system. Name both before the first vote: "
        "the board says whether you did.",
    )
    pair_named_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Rising numbers; None where no looks are planned. Fixed once somebody has been given a pair (a trigger).
    look_votes = models.JSONField(
        "Planned looks",
        null=True,
        blank=True,
        help_text="Numbers of votes between the two systems in question, with commas, such as 200, 400, 600: after "
        "each one the site looks whether the study may end. The last one is the planned size. Empty: no looks are "
        "planned. Fixed once somebody has been given a pair.",
    )
    # Or rising moments in UTC, such as 2026-12-01T17:00:00Z, with the number of votes that is planned for the last one.
    look_dates = models.JSONField(
        "Looks at dates",
        null=True,
        blank=True,
        help_text="Dates at which the site looks, instead of numbers of votes.",
    )
    look_maximum = models.PositiveIntegerField(
        "Votes by the last date",
        null=True,
        blank=True,
        help_text="Of looks at dates: so many votes between the two systems in question are planned. How strict a look "
        "is follows from its share of them; a look that has them all is the last one.",
    )
    look_spending = models.CharField(
        "Strictness of looks",
        max_length=20,
        choices=LookSpending.choices,
        default=LookSpending.OBRIEN_FLEMING,
        db_default=LookSpending.OBRIEN_FLEMING.value,
        help_text="Hardly anything early: the last look is hardly stricter than a single one. About the same at every "
        "look: large differences end a study earlier, and the last look is stricter.",
    )
    allow_tie = models.BooleanField("Equally good", default=True, help_text="Annotators may call both equally good.")
    allow_both_bad = models.BooleanField("Both bad", default=True, help_text="Annotators may call both bad.")
    summary_format = models.CharField(
        "Summaries",
        max_length=10,
        choices=SummaryFormat.choices,
        default=SummaryFormat.RENDERED,
        help_text="How annotators see them, both sides alike: with headings, lists and tables as Markdown means them, "
        "without any markup, or with the signs that the system wrote. Fixed once somebody has been given a pair.",
    )
    strength = models.CharField(
        max_length=10,
        choices=Wanted.choices,
        default=Wanted.OFF,
        help_text="Whether left or right is slightly or much better.",
    )
    comments = models.CharField(
        max_length=10,
        choices=Wanted.choices,
        default=Wanted.OPTIONAL,
        help_text="A comment on each pair, in the annotator's own words.",
    )
    ask_marks = models.CharField(
        "Mark errors",
        max_length=10,
        choices=AskMarks.choices,
        default=AskMarks.OFF,
        help_text="Annotators mark what is wrong in either summary, and say what is missing. Required: a summary that "
        "loses has a mark, or they say that they find no error.",
    )
    # Studies that had votes when the order changed keep theirs: fingers have learnt it.
    key_order = models.CharField(max_length=10, choices=KeyOrder.choices, default=KeyOrder.BUTTONS, editable=False)
    # Studies of plain text in which somebody had a pair when blanks were evened go on showing theirs.
    keep_blanks = models.BooleanField(default=False, db_default=False, editable=False)
    # Which ConsentText annotators agree to before they are given a pair; 0: none.
    consent_version = models.PositiveIntegerField(default=0, editable=False)
    # True while annotators are asked something about themselves; lets the rating path skip the lookup.
    has_personal_questions = models.BooleanField(default=False, editable=False)
    break_minutes = models.PositiveIntegerField(
        default=0, help_text="Suggest a break after this many minutes of rating; 0 for never."
    )
    ask_guess = models.BooleanField(
        "Guess the large model",
        default=False,
        help_text="Ask annotators who have nothing left to rate which of two texts was the large model's.",
    )
    gold_every = models.PositiveIntegerField(
        "One gold item in",
        default=0,
        validators=[MaxValueValidator(1000), none_or_every_second],
        help_text="pairs, placed at random; 0 for none.",
    )
    repeat_every = models.PositiveIntegerField(
        "One repeated pair in",
        default=0,
        validators=[MaxValueValidator(1000), none_or_every_second],
        help_text="pairs: one that the same person rated before, sides swapped, placed at random; 0 for none.",
    )
    # True once a control item exists; lets the rating path skip the lookup.
    has_control_items = models.BooleanField(default=False, editable=False, db_column="has_known_pairs")
    open_link = models.BooleanField(
        "Open link", default=True, help_text="Whoever has the study's link can join; else only by invitation."
    )
    opens_at = models.DateTimeField(null=True, blank=True, help_text="Rating starts then; empty: when it is opened.")
    closes_at = models.DateTimeField(null=True, blank=True, help_text="Rating ends then; empty: when it is closed.")
    completion_code = models.CharField(
        max_length=50, blank=True, help_text="Shown to annotators who have nothing left to rate, for their platform."
    )
    completion_url = models.URLField(
        blank=True, help_text="Where annotators go at the end, for example the platform's page for finished work."
    )
    seed = models.PositiveIntegerField(default=0)
    # Set when the study is created and never changed (a trigger).
    simulated = models.BooleanField(
        default=False, editable=False, help_text="Its votes were drawn by a program, to show what results look like."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="studies"
    )
    # The form it was made with: sent again, from another tab or by a second press, the form finds its study.
    form_key = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(condition=Q(quota__gte=1), name="study_quota_positive"),
            models.CheckConstraint(
                condition=Q(sampling__in=["even", "question", "adaptive", "directed"]), name="study_sampling_known"
            ),
            models.CheckConstraint(
                condition=Q(drawn_from=None, drawn_from_split="") | Q(which_documents="sample", drawn_from__gte=1),
                name="study_drawn_from_iff_sample",
            ),
            models.CheckConstraint(condition=Q(epsilon__gt=0, epsilon__lte=1), name="study_epsilon_is_a_share"),
            models.CheckConstraint(
                condition=Q(noninferiority_margin=None) | Q(noninferiority_margin__gt=0, noninferiority_margin__lt=0.5),
                name="study_margin_is_a_share_below_half",
            ),
            models.CheckConstraint(
                condition=Q(small_system=None) | Q(large_system=None) | ~Q(small_system=F("large_system")),
                name="study_asks_about_two_systems",
            ),
            models.CheckConstraint(
                condition=Q(small_system=None, large_system=None, pair_named_at=None)
                | (Q(pair_named_at__isnull=False) & (Q(small_system__isnull=False) | Q(large_system__isnull=False))),
                name="study_pair_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(look_spending__in=["obrien-fleming", "pocock"]), name="study_look_spending_known"
            ),
            models.CheckConstraint(
                condition=Q(look_votes__isnull=True) | Q(small_system__isnull=False, large_system__isnull=False),
                name="study_looks_at_two_systems",
            ),
            models.CheckConstraint(
                condition=Q(look_dates__isnull=True, look_maximum=None)
                | Q(
                    look_dates__isnull=False,
                    look_maximum__isnull=False,
                    look_maximum__gte=20,
                    look_votes__isnull=True,
                    small_system__isnull=False,
                    large_system__isnull=False,
                ),
                name="study_looks_at_votes_or_dates",
            ),
            models.CheckConstraint(condition=Q(instruction__in=InstructionKind.values), name="study_instruction_known"),
            models.CheckConstraint(condition=Q(gold_every=0) | Q(gold_every__gte=2), name="study_gold_every_fits"),
            models.CheckConstraint(
                condition=Q(repeat_every=0) | Q(repeat_every__gte=2), name="study_repeat_every_fits"
            ),
            models.CheckConstraint(
                condition=Q(comments__in=["off", "optional", "required"]), name="study_comments_known"
            ),
            models.CheckConstraint(
                condition=Q(summary_format__in=["rendered", "plain", "written"]), name="study_summary_format_known"
            ),
            models.CheckConstraint(
                condition=Q(strength__in=["off", "optional", "required"]), name="study_strength_known"
            ),
            models.CheckConstraint(
                condition=Q(ask_marks__in=["off", "optional", "required"]), name="study_ask_marks_known"
            ),
            models.CheckConstraint(condition=Q(key_order__in=["buttons", "earlier"]), name="study_key_order_known"),
            models.CheckConstraint(
                condition=(Q(which_pairs="anchor", anchor__isnull=False) | (~Q(which_pairs="anchor") & Q(anchor=None))),
                name="study_anchor_iff_asked",
            ),
            models.CheckConstraint(
                condition=(
                    Q(which_pairs="sample", pairs_per_document__isnull=False, pairs_per_document__gte=1)
                    | (~Q(which_pairs="sample") & Q(pairs_per_document=None))
                ),
                name="study_pairs_per_document_iff_asked",
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(opens_at__lt=F("closes_at")),
                name="study_opens_before_it_closes",
            ),
            models.UniqueConstraint(fields=["created_by", "form_key"], name="study_form_makes_one"),
            # Nobody rates there: a person's votes would stand among those of a program.
            models.CheckConstraint(condition=Q(simulated=False) | Q(status="closed"), name="study_simulated_is_closed"),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("study", args=[self.slug])

    @property
    def heading(self) -> str:
        """The title that annotators see: the default one in their language, any other as it was written."""
        return gettext(DEFAULT_TITLE) if self.annotator_title == DEFAULT_TITLE else self.annotator_title

    @property
    def look_moments(self) -> list[datetime]:
        """The dates of planned looks; none where they are planned at numbers of votes, or not at all."""
        return [datetime.fromisoformat(text) for text in self.look_dates or ()]

    @property
    def planned_looks(self) -> int:
        """How many looks are planned."""
        return len(self.look_votes or self.look_dates or ())

    def takes_votes(self, now: datetime) -> bool:
        """True if the study is open and within its dates."""
        begun = self.opens_at is None or self.opens_at <= now
        return self.status == self.Status.OPEN and begun and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.status == self.Status.CLOSED or (self.closes_at is not None and self.closes_at <= now)


class Criterion(models.Model):
    """One question about a pair of summaries."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=50)
    question = models.CharField(max_length=200)
    help_text = models.TextField(blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["study", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["study", "key"], name="criterion_key_once_per_study"),
            models.UniqueConstraint(fields=["study", "position"], name="criterion_position_once_per_study"),
        ]

    def __str__(self) -> str:
        return self.key
