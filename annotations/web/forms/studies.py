"""The form of a study's settings, and what it shares with that of a new one."""

from typing import Any, ClassVar

from django import forms

from annotations.models import Study, Wanted
from annotations.studies.checks import LookPlan, StudySetupError, check_looks, dates_problem, pair_problem
from annotations.studies.settings import ALWAYS, FIXED_BY_RATING, LOOKS, PAIR
from annotations.web.forms.fields import (
    LooksField,
    look_dates_field,
    maximum_field,
    moment_field,
    spending_field,
    words_of,
)
from lib.serving.careful_form import CarefulForm


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
    ask_marks = Study._meta.get_field("ask_marks").formfield()
    break_minutes = forms.IntegerField(
        min_value=0,
        max_value=24 * 60,
        initial=0,
        label="Suggest a break after",
        help_text="Minutes of rating; 0 for never.",
    )


class SettingsForm(CarefulForm, forms.ModelForm):
    """The settings that may change after a study is made; settings.change_settings has the last word."""

    opens_at = moment_field(
        label="Rating begins", help_text="In the time zone of the site; empty: as soon as the study is open."
    )
    closes_at = moment_field(
        label="Rating ends", help_text="In the time zone of the site; empty: when the study is closed."
    )

    look_votes = LooksField(**words_of("look_votes"))
    look_dates = look_dates_field()
    look_maximum = maximum_field()
    look_spending = spending_field()
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
        self.remember_shown()
        for name in FIXED_BY_RATING:
            self.fields[name].disabled = rated
        for name in PAIR:
            self.fields[name] = self._system_field(name)
            # As an object: its choices go by slug, and a key would select none of them.
            self.initial[name] = getattr(self.instance, name)
            # Looks compare these two; the database refuses others.
            self.fields[name].disabled = rated and bool(self.instance.planned_looks)

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
        self._check_looks()
        self.refuse_to_overwrite()
        return values

    def _check_looks(self) -> None:
        """Check planned looks here, as the dates."""
        values = self.cleaned_data
        if not {*LOOKS, *PAIR}.isdisjoint(self.errors):
            return
        closes = None if {*LOOKS}.isdisjoint(self.changed_data) else values.get("closes_at")
        try:
            plan = LookPlan(**{name: values[name] for name in LOOKS})
            check_looks(plan, values["small_system"], values["large_system"], closes)
        except StudySetupError as error:
            self.add_error(error.field, str(error))
