"""The form of a new study, in four steps: what, who, how, when."""

from dataclasses import dataclass, fields
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.text import slugify

from annotations.drafting.forecast import ALIKE, MODERATELY, Assumptions
from annotations.models import LookSpending, Sampling, Study
from annotations.studies.checks import LONGEST_CONSENT, RESERVED
from annotations.studies.criteria import LIBRARY
from annotations.studies.settings import LOOKS
from annotations.studies.setup import MARGIN, NewStudy, PeopleOptions, RatingOptions, StudyScope, own_criteria
from annotations.web.forms.fields import (
    LooksField,
    look_dates_field,
    maximum_field,
    moment_field,
    spending_field,
    words_of,
)
from annotations.web.forms.studies import RatingOptionsForm
from lib.lines import text_lines
from lib.numbers import LARGEST
from models_runner.models import Dataset, InstructionKind, System
from models_runner.web.fields import ShortNameField

LONGEST_SLUG = 100
OF_TICKED = "One of the systems ticked above."


@dataclass(frozen=True)
class FormStep:
    """A part of the form.

    Attributes:
        fields: Names of those that everybody sees; those that a template places by itself are not among them.
        advanced: Names of those that are folded.
    """

    key: str
    title: str
    about: str
    fields: tuple[str, ...]
    advanced: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()

    @property
    def all_fields(self) -> tuple[str, ...]:
        return (*self.fields, *self.placed, *self.advanced)


STEPS = (
    FormStep(
        "what",
        "What",
        "Which meetings, and which summaries of them.",
        ("title", "slug", "dataset", "instruction", "sample"),
        ("split", "chosen", "seed"),
        ("form_key",),
    ),
    FormStep(
        "who",
        "Who",
        "Which systems wrote them, and which two of these the study asks about.",
        (),
        ("anchor", "pairs_per_document"),
        ("systems", "small_system", "large_system", "margin"),
    ),
    FormStep(
        "how",
        "How",
        "What people are asked, and what they may answer.",
        ("criteria", "own_criteria", "allow_tie", "allow_both_bad", "guidelines"),
        (
            "annotator_title",
            "consent",
            "summary_format",
            "strength",
            "comments",
            "ask_marks",
            "break_minutes",
            "sampling",
            "epsilon",
        ),
    ),
    FormStep(
        "when",
        "When",
        "How many people and votes, what they will decide, and when rating begins.",
        ("annotators", "quota"),
        ("look_votes", "look_dates", "look_maximum", "look_spending", "opens_at", "closes_at"),
        ("share", "alike", "hourly_rate"),
    ),
)
STEP_OF = {name: step.key for step in STEPS for name in step.all_fields}


def _system_field(label: str, help_text: str = "", empty: str = "") -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        System.objects.order_by("slug"),
        to_field_name="slug",
        required=False,
        empty_label=empty or "—",
        label=label,
        help_text=help_text,
    )


class StudyForm(RatingOptionsForm):
    """A new study over summaries, finished or still being written."""

    form_key = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": "The key of this form is damaged. Open New study again."},
    )
    title = forms.CharField(max_length=200, help_text="For researchers; annotators do not see it.")
    slug = ShortNameField(
        max_length=LONGEST_SLUG,
        required=False,
        label="Short name",
        help_text="Used in addresses and commands. Empty: made from the title.",
    )
    dataset = forms.ModelChoiceField(
        Dataset.objects.order_by("name"), to_field_name="name", empty_label="Choose a dataset"
    )
    split = forms.CharField(max_length=50, required=False, help_text="Split of the dataset; empty for all.")
    sample = forms.IntegerField(
        min_value=1,
        max_value=LARGEST,
        required=False,
        label="Sample of documents",
        help_text="How many to draw at random; empty for all.",
    )
    chosen = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        label="Chosen documents",
        help_text="Document ids, one per line, instead of a sample.",
    )
    seed = forms.IntegerField(
        min_value=0, max_value=LARGEST, initial=0, help_text="Random seed for drawing documents and pairs."
    )
    instruction = forms.ChoiceField(
        choices=InstructionKind.choices,
        initial=InstructionKind.MEDIUM,
        help_text="What the systems were asked for.",
    )
    systems = forms.ModelMultipleChoiceField(
        System.objects.order_by("slug"),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        help_text="At least two.",
    )
    small_system = _system_field("Small system in question", OF_TICKED, "Best compact one by the votes")
    large_system = _system_field("Large system in question", OF_TICKED, "Best large one by the votes")
    anchor = _system_field(
        "Anchor", "Compare this system with each other one; empty for all pairs.", "None: all pairs of systems"
    )
    pairs_per_document = forms.IntegerField(
        min_value=1,
        max_value=LARGEST,
        required=False,
        help_text="How many pairs of each document to draw at random; empty for all.",
    )
    criteria = forms.MultipleChoiceField(
        choices=[(key, question) for key, (question, _) in LIBRARY.items()],
        initial=["overall"],
        required=False,
        label="Questions",
        widget=forms.CheckboxSelectMultiple,
    )
    own_criteria = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        label="Your own questions",
        help_text="One per line: short name | question | help. For example: tone | Which keeps the tone better?",
    )
    quota = forms.IntegerField(
        min_value=1,
        max_value=1000,
        initial=3,
        label="Votes per comparison",
        help_text="Each from a different annotator. In simulations one vote each, on more documents, decided with half "
        "to two thirds of the votes; several on one tell how far people agree.",
    )
    annotators = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        initial=5,
        required=False,
        label="Annotators expected",
        help_text="For the forecast below; anybody more is welcome.",
    )
    share = forms.FloatField(
        min_value=1,
        max_value=99,
        initial=50,
        required=False,
        label="Assumed preference",
        help_text="In how many of 100 comparisons is the small system truly preferred? A tie counts half.",
    )
    alike = forms.ChoiceField(
        choices=[(key, level.label) for key, level in ALIKE.items()],
        initial=MODERATELY,
        required=False,
        label="How alike people judge",
        help_text="How often two in three people would prefer one of two systems that are equals.",
    )
    hourly_rate = forms.FloatField(
        min_value=0, required=False, label="Cost of an hour", help_text="In any currency; empty: not asked."
    )
    # It decides with less than half of the votes (docs/statistics.md); without two named systems it changes nothing.
    sampling = Study._meta.get_field("sampling").formfield(initial=Sampling.QUESTION)
    epsilon = Study._meta.get_field("epsilon").formfield()
    margin = forms.FloatField(
        required=False,
        initial=f"{100 * MARGIN:g}",
        label="Margin",
        help_text="Points of win probability by which the small one may be worse and still be good enough: at 5, "
        "preferred in 45 of 100 comparisons. It cannot change later, so that nobody can choose it by the votes. Empty "
        "for no verdict.",
    )
    look_votes = LooksField(**words_of("look_votes"))
    look_dates = look_dates_field()
    look_maximum = maximum_field()
    # Not required: a form that was opened before an upgrade does not have it.
    look_spending = spending_field(required=False)
    guidelines = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        help_text="What annotators should pay attention to, in Markdown.",
    )
    annotator_title = forms.CharField(
        max_length=200,
        required=False,
        label="Annotators' heading",
        help_text="Empty: “Which meeting summary is better?”",
    )
    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_CONSENT,
        required=False,
        label="Consent text",
        help_text="What annotators agree to before their first pair; empty for none.",
    )
    opens_at = moment_field(label="Rating begins", help_text="In the time zone of the site; empty: once it is open.")
    closes_at = moment_field(label="Rating ends", help_text="In the time zone of the site; empty: when you close it.")

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        if not values.get("slug") and "slug" not in self.errors:
            values["slug"] = free_slug(values.get("title", ""))
        return values

    def clean_margin(self) -> float | None:
        """Turn points into a share."""
        points = self.cleaned_data["margin"]
        if points is not None and not 0 < points < 50:
            raise forms.ValidationError("Expected more than 0 and less than 50 points.")
        return None if points is None else points / 100

    def clean_look_spending(self) -> str:
        return self.cleaned_data["look_spending"] or LookSpending.OBRIEN_FLEMING.value

    def wanted(self, *, created_by: User | None = None, draft: bool = False) -> NewStudy | None:
        """Return the study as far as it is filled in, with defaults for what is wrong; None without a dataset."""
        values = self.cleaned_data
        if "dataset" not in values:
            return None
        if "look_dates" in self.errors:
            values = values | {"look_maximum": None}  # it would be told to lack the dates, which are there and wrong
        same = ("instruction", "criteria", "quota", "annotator_title", "guidelines", "sampling", "epsilon")
        also = ("margin", "small_system", "large_system", "opens_at", "closes_at", "title", "form_key", *LOOKS)
        return NewStudy(
            values.get("slug", ""),
            values["dataset"],
            list(values.get("systems", ())),
            own_criteria=own_criteria(values.get("own_criteria", "")),
            options=RatingOptions(**self._given(RatingOptions)),
            people=PeopleOptions(**self._given(PeopleOptions)),
            scope=self._scope(),
            created_by=created_by,
            draft=draft,
            **{name: values[name] for name in (*same, *also) if name in values},
        )

    def _given(self, kind: type) -> dict[str, Any]:
        names = [field.name for field in fields(kind)]
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    def _scope(self) -> StudyScope:
        given = self._given(StudyScope)
        lines = [line.strip() for line in text_lines(given.get("chosen", ""))]
        return StudyScope(**given | {"chosen": list(filter(None, lines))})

    def assumptions(self) -> Assumptions | None:
        """Return what the forecast assumes; None without a margin."""
        values = self.cleaned_data
        if not values.get("margin"):
            return None
        share = values.get("share")
        return Assumptions(0.5 if share is None else share / 100, values["margin"], values.get("alike") or MODERATELY)


def free_slug(title: str) -> str:
    """Make a name for addresses that no study has from a title."""
    base = slugify(title)[: LONGEST_SLUG - 5] or "study"
    taken = {RESERVED, *Study.objects.filter(slug__startswith=base).values_list("slug", flat=True)}
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
