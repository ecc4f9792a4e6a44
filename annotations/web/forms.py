from dataclasses import fields
from typing import Any, ClassVar

from django import forms

from annotations.gold.attention_checks import ABOUT_THE_DOCUMENT, MOST_AT_ONCE
from annotations.gold.items import PURPOSES, ControlItemSpec, offered_outcomes
from annotations.models import Invitation, Membership, Outcome, Purpose, Remark, Study, Wanted
from annotations.models.gold import LONGEST_EXPLANATION
from annotations.models.remarks import LONGEST_REMARK
from annotations.rating.remarks import NewRemark
from annotations.rating.unblinding import GUESS_CHOICES
from annotations.rating.votes import CHOICES, SIDES, Vote
from annotations.studies.criteria import LIBRARY
from annotations.studies.setup import ALWAYS, FIXED_BY_RATING, MARGIN, Material, RatingOptions, dates_problem
from models_runner.models import Dataset, InstructionKind, System

DAY_MS = 24 * 60 * 60 * 1000


class _Shared(dict[str, forms.Field]):
    """Fields that forms do not change: Django copies them for each form, which takes longer than all else it does."""

    def __deepcopy__(self, memo: object) -> "_Shared":
        return self


class VoteForm(forms.Form):
    """choice: one of CHOICES; left-1, left-2, right-1 and right-2 say how much better, as a button of a form does.

    how_much says the same of left and right apart; beside another choice it means nothing.
    """

    token = forms.UUIDField()
    criterion = forms.SlugField(max_length=50)
    choice = forms.ChoiceField(choices=[(c, c) for c in (*CHOICES, "left-1", "left-2", "right-1", "right-2")])
    how_much = forms.ChoiceField(choices=[(n, n) for n in ("", "1", "2")], required=False)
    client_key = forms.UUIDField()
    lead_time_ms = forms.IntegerField(min_value=0, max_value=DAY_MS, required=False)
    active_ms = forms.IntegerField(min_value=0, max_value=DAY_MS, required=False)

    def vote(self) -> Vote:
        values = dict(self.cleaned_data)
        how_much = values.pop("how_much")
        choice, _, strength = values["choice"].partition("-")
        if choice in SIDES:
            strength = strength or how_much
        return Vote(**values | {"choice": choice, "strength": int(strength) if strength else None})


VoteForm.base_fields = _Shared(VoteForm.base_fields)


class RemarkForm(forms.Form):
    token = forms.UUIDField()
    kind = forms.ChoiceField(choices=Remark.Kind.choices)
    reason = forms.ChoiceField(choices=[("", ""), *Remark.Reason.choices], required=False)
    text = forms.CharField(max_length=LONGEST_REMARK, required=False)
    client_key = forms.UUIDField()

    def said(self) -> NewRemark:
        values = self.cleaned_data
        reason = "" if values["kind"] == Remark.Kind.COMMENT else values["reason"]
        return NewRemark(values["token"], values["kind"], reason, values["text"], values["client_key"])


class UndoForm(forms.Form):
    client_key = forms.UUIDField()


class GuessForm(forms.Form):
    token = forms.UUIDField()
    choice = forms.ChoiceField(choices=[(c, c) for c in GUESS_CHOICES])


class NextForm(forms.Form):
    after = forms.UUIDField()


MOMENT = {"type": "datetime-local"}


def moment_field(**options: Any) -> forms.DateTimeField:
    """A date and time in the browser's own picker."""
    return forms.DateTimeField(
        required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"), **options
    )


class RatingOptionsForm(forms.Form):
    """What annotators may answer."""

    allow_tie = forms.BooleanField(
        required=False, initial=True, label="“Equally good” is an answer", help_text="Off: a side must be chosen."
    )
    allow_both_bad = forms.BooleanField(
        required=False,
        initial=True,
        label="“Both bad” is an answer",
        help_text="Counted apart from ties: it tells how good the best are.",
    )
    strength = forms.ChoiceField(
        choices=Wanted.choices,
        initial=Wanted.OFF,
        label="Slightly or much better",
        help_text="Required: six answers instead of four. Optional: four answers, and a small choice beside them.",
    )
    comments = forms.ChoiceField(
        choices=Wanted.choices, initial=Wanted.OPTIONAL, help_text="On each pair, in the annotator's own words."
    )
    break_minutes = forms.IntegerField(
        min_value=0,
        max_value=24 * 60,
        initial=0,
        label="Remind of a break after",
        help_text="Minutes of rating; 0 for never.",
    )


class StudyForm(RatingOptionsForm):
    """A new study over finished or coming summaries."""

    title = forms.CharField(max_length=200, help_text="For researchers; annotators do not see it.")
    slug = forms.SlugField(max_length=100, help_text="Short name for addresses and commands.")
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    split = forms.CharField(max_length=50, required=False, help_text="Of the dataset; empty for every split.")
    sample = forms.IntegerField(
        min_value=1, required=False, label="Sample of documents", help_text="So many, drawn by the seed; empty for all."
    )
    chosen = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        label="Chosen documents",
        help_text="Their ids, one a line, instead of a sample.",
    )
    seed = forms.IntegerField(min_value=0, initial=0, help_text="Draws the sample of documents and of pairs.")
    instruction = forms.ChoiceField(choices=InstructionKind.choices, initial=InstructionKind.MEDIUM)
    systems = forms.ModelMultipleChoiceField(
        System.objects.all(), to_field_name="slug", widget=forms.CheckboxSelectMultiple, help_text="At least two."
    )
    anchor = forms.ModelChoiceField(
        System.objects.all(),
        to_field_name="slug",
        required=False,
        help_text="Compare every other system with this one only; empty for every pair.",
    )
    pairs_per_document = forms.IntegerField(
        min_value=1, required=False, help_text="So many pairs of each document, drawn at random; empty for every pair."
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
        label="Questions of your own",
        help_text="One a line: short name | question | help. For example: tone | Which summary keeps the tone better?",
    )
    quota = forms.IntegerField(
        min_value=1, max_value=1000, initial=3, label="Votes per comparison", help_text="Each by another annotator."
    )
    sampling = Study._meta.get_field("sampling").formfield()
    epsilon = Study._meta.get_field("epsilon").formfield()
    margin = forms.FloatField(
        required=False,
        initial=100 * MARGIN,
        label="Margin for small against large",
        help_text="Points of win probability by which a compact system may be worse than a large one and still be good "
        "enough: at 5, preferred in 45 of 100 comparisons. Fixed with the study, so that nobody can choose it by the "
        "votes; empty for no verdict.",
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
        """As a share."""
        points = self.cleaned_data["margin"]
        if points is not None and not 0 < points < 50:
            raise forms.ValidationError("Expected more than 0 and less than 50 points.")
        return None if points is None else points / 100

    def options(self) -> RatingOptions:
        return RatingOptions(**{field.name: self.cleaned_data[field.name] for field in fields(RatingOptions)})

    def material(self) -> Material:
        given = {field.name: self.cleaned_data[field.name] for field in fields(Material)}
        lines = [line.strip() for line in given["chosen"].splitlines()]
        return Material(**given | {"chosen": list(filter(None, lines))})


class SettingsForm(forms.ModelForm):
    """What may change after a study was made; setup.change_settings has the last word."""

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

    def changes(self) -> dict[str, Any]:
        """What differs from the page as it was opened: somebody else may have changed the rest meanwhile."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def clean(self) -> dict[str, Any]:
        """The dates here: the model's constraint on them would be named, and say nothing to a reader."""
        super().clean()
        values = self.cleaned_data
        if problem := dates_problem(values.get("opens_at"), values.get("closes_at")):
            self.add_error("closes_at", problem)
        return values


class AttentionForm(forms.Form):
    """Attention checks to make; the questions are those of the study."""

    n = forms.IntegerField(min_value=1, max_value=MOST_AT_ONCE, initial=10, label="How many")
    purpose = forms.ChoiceField(choices=[(p.value, p.label) for p in PURPOSES], initial=Purpose.GOLD, label="For")

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        criteria = list(study.criteria.values_list("key", "question"))
        self.fields["questions"] = forms.MultipleChoiceField(
            choices=criteria,
            initial=[key for key, _ in criteria if key in ABOUT_THE_DOCUMENT],
            widget=forms.CheckboxSelectMultiple,
            label="The right summary must win on",
            help_text="Leave out questions that a text of another meeting may win, such as fluency.",
        )


class KnownPairForm(forms.Form):
    """A pair's purpose, its expected answers (a field for each question of the study) and an explanation."""

    purpose = forms.ChoiceField(
        choices=[(p.value, p.label) for p in PURPOSES], initial=Purpose.GOLD, widget=forms.RadioSelect, label="For"
    )
    explanation = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_EXPLANATION,
        required=False,
        help_text="Training: annotators read it after their answer. Write {A} and {B} for the two texts: each "
        "annotator reads Left or Right there, as the texts stood. Gold: a note for researchers that no annotator sees.",
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {Outcome.A: "A is better", Outcome.B: "B is better"}
        choices = [(outcome.value, labels.get(outcome, outcome.label)) for outcome in offered_outcomes(study)]
        self.questions = {f"expected-{criterion.key}": criterion.key for criterion in study.criteria.all()}
        for criterion in study.criteria.all():
            self.fields[f"expected-{criterion.key}"] = forms.MultipleChoiceField(
                choices=choices, required=False, widget=forms.CheckboxSelectMultiple, label=criterion.question
            )
        self.order_fields(["purpose", *self.questions, "explanation"])

    def known(self) -> ControlItemSpec:
        values = self.cleaned_data
        expected = {key: values[name] for name, key in self.questions.items() if values[name]}
        return ControlItemSpec(values["purpose"], expected, values["explanation"])


class InvitationForm(forms.Form):
    kind = forms.ChoiceField(choices=Invitation.Kind.choices, widget=forms.RadioSelect, initial=Invitation.Kind.LINK)
    label = forms.CharField(max_length=200, required=False, help_text="What you call it; annotators do not see it.")
    addresses = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=100_000,
        help_text="For links for one person each: one e-mail address a line. The site sends no mail; you do.",
    )
    id_parameter = forms.CharField(
        max_length=50,
        required=False,
        label="Platform's parameter",
        help_text="Names the person in the address; PROLIFIC_PID on Prolific.",
    )
    max_uses = forms.IntegerField(min_value=1, required=False, label="People at most", help_text="Empty: any number.")
    expires_at = moment_field(
        label="Valid until", help_text="In the time zone of the site; empty: until it is taken back."
    )


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER)
