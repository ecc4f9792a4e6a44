"""Forms of a new study and of a study's settings."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms

from annotations.models import Study, Wanted
from annotations.studies.criteria import LIBRARY
from annotations.studies.checks import dates_problem, pair_problem
from annotations.studies.settings import ALWAYS, FIXED_BY_RATING, PAIR
from annotations.studies.setup import MARGIN, RatingOptions, StudyScope
from annotations.web.forms.fields import moment_field
from lib.lines import text_lines
from models_runner.models import Dataset, InstructionKind, System


class RatingOptionsForm(forms.Form):
    """How annotators see the summaries, and what they may answer."""

    summary_format = Study._meta.get_field("summary_format").formfield()

    allow_tie = forms.BooleanField(
        required=False,
        initial=True,
        label="“Equally good” is an answer",
        help_text="If off, annotators must choose a side.",
    )
    allow_both_bad = forms.BooleanField(
        required=False,
        initial=True,
        label="“Both bad” is an answer",
        help_text="Counted separately from ties; it shows how good even the better summary is.",
    )
    strength = forms.ChoiceField(
        choices=Wanted.choices,
        initial=Wanted.OFF,
        label="Slightly or much better",
        help_text="Required: six answers instead of four. Optional: four answers, and a small choice beside them.",
    )
    comments = forms.ChoiceField(
        choices=Wanted.choices, initial=Wanted.OPTIONAL, help_text="For each pair, in the annotator's own words."
    )
    break_minutes = forms.IntegerField(
        min_value=0,
        max_value=24 * 60,
        initial=0,
        label="Suggest a break after",
        help_text="Minutes of rating; 0 for never.",
    )


class StudyForm(RatingOptionsForm):
    """A new study over summaries, finished or still being written."""

    title = forms.CharField(max_length=200, help_text="For researchers; annotators do not see it.")
    slug = forms.SlugField(max_length=100, help_text="Short name, used in addresses and commands.")
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    split = forms.CharField(max_length=50, required=False, help_text="Split of the dataset; empty for all.")
    sample = forms.IntegerField(
        min_value=1, required=False, label="Sample of documents", help_text="How many to draw at random; empty for all."
    )
    chosen = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        label="Chosen documents",
        help_text="Document ids, one per line, instead of a sample.",
    )
    seed = forms.IntegerField(min_value=0, initial=0, help_text="Random seed for drawing documents and pairs.")
    instruction = forms.ChoiceField(choices=InstructionKind.choices, initial=InstructionKind.MEDIUM)
    systems = forms.ModelMultipleChoiceField(
        System.objects.all(), to_field_name="slug", widget=forms.CheckboxSelectMultiple, help_text="At least two."
    )
    anchor = forms.ModelChoiceField(
        System.objects.all(),
        to_field_name="slug",
        required=False,
        help_text="Compare this system with each other one; empty for all pairs.",
    )
    pairs_per_document = forms.IntegerField(
        min_value=1, required=False, help_text="How many pairs of each document to draw at random; empty for all."
    )
    criteria = forms.MultipleChoiceField(
        choices=[(key, question) for key, (question, _) in LIBRARY.items()],
        initial=["overall"],
        required=False,
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
        help_text="Each from a different annotator.",
    )
    sampling = Study._meta.get_field("sampling").formfield()
    epsilon = Study._meta.get_field("epsilon").formfield()
    margin = forms.FloatField(
        required=False,
        initial=100 * MARGIN,
        label="Margin for small against large",
        help_text="Points of win probability by which a compact system may be worse than a large one and still be good "
        "enough: at 5, preferred in 45 of 100 comparisons. It cannot change later, so that nobody can choose it by the "
        "votes. Empty for no verdict.",
    )
    guidelines = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        help_text="What annotators should pay attention to, in Markdown.",
    )
    field_order = (
        *("title", "slug", "dataset", "split", "sample", "chosen", "seed", "instruction", "systems", "anchor"),
        *("pairs_per_document", "criteria", "own_criteria", "quota", "sampling", "epsilon", "margin"),
        "guidelines",
    )

    def clean_margin(self) -> float | None:
        """Turn points into a share."""
        points = self.cleaned_data["margin"]
        if points is not None and not 0 < points < 50:
            raise forms.ValidationError("Expected more than 0 and less than 50 points.")
        return None if points is None else points / 100

    def options(self) -> RatingOptions:
        return RatingOptions(**{field.name: self.cleaned_data[field.name] for field in fields(RatingOptions)})

    def scope(self) -> StudyScope:
        given = {field.name: self.cleaned_data[field.name] for field in fields(StudyScope)}
        lines = [line.strip() for line in text_lines(given["chosen"])]
        return StudyScope(**given | {"chosen": list(filter(None, lines))})


class SettingsForm(forms.ModelForm):
    """The settings that may change after a study is made; settings.change_settings has the last word."""

    opens_at = moment_field(
        label="Rating begins", help_text="In the time zone of the site; empty: as soon as the study is open."
    )
    closes_at = moment_field(
        label="Rating ends", help_text="In the time zone of the site; empty: when the study is closed."
    )

    break_minutes = RatingOptionsForm.base_fields["break_minutes"]
    completion_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label="Completion address",
        help_text="Where annotators go at the end, for example the platform's page for finished work.",
    )

    class Meta:
        model = Study
        fields = (*ALWAYS, *FIXED_BY_RATING)
        widgets: ClassVar = {"guidelines": forms.Textarea(attrs={"rows": 6})}
        labels: ClassVar = {
            "annotator_title": "Annotators' heading",
            "quota": "Votes per comparison",
        }

    def __init__(self, *args: Any, rated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True
        for name in FIXED_BY_RATING:
            self.fields[name].disabled = rated
        for name in PAIR:
            self.fields[name] = self._system_field(name)
            # As an object: its choices go by slug, and a key would select none of them.
            self.initial[name] = getattr(self.instance, name)

    def _system_field(self, name: str) -> forms.ModelChoiceField:
        """Offer the study's own systems by their names in addresses."""
        made = self.fields[name]
        return forms.ModelChoiceField(
            self.instance.systems.all(),
            to_field_name="slug",
            required=False,
            empty_label="The best by the votes",
            label=made.label,
            help_text=made.help_text,
            show_hidden_initial=True,
        )

    def changes(self) -> dict[str, Any]:
        """Return the fields changed on the page; the others may have been changed by somebody else meanwhile."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def clean(self) -> dict[str, Any]:
        """Check the dates here: the message of the database's constraint would mean nothing to a reader."""
        super().clean()
        values = self.cleaned_data
        if problem := dates_problem(values.get("opens_at"), values.get("closes_at")):
            self.add_error("closes_at", problem)
        if problem := pair_problem(*(values.get(name) for name in PAIR)):
            self.add_error("large_system", problem)
        return values
