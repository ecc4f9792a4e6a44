"""Forms that create attention checks and turn a pair into a gold or training item."""

from typing import Any

from django import forms

from annotations.gold.attention_checks import ABOUT_THE_DOCUMENT, MOST_AT_ONCE
from annotations.gold.items import PURPOSES, ControlItemSpec, offered_outcomes
from annotations.models import Outcome, Purpose, Study
from annotations.models.gold import LONGEST_EXPLANATION
from annotations.studies.criteria import label_of


class AttentionForm(forms.Form):
    """How many attention checks to create, and on which of the study's questions."""

    n = forms.IntegerField(min_value=1, max_value=MOST_AT_ONCE, initial=10, label="How many")
    purpose = forms.ChoiceField(choices=[(p.value, p.label) for p in PURPOSES], initial=Purpose.GOLD, label="For")

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        criteria = [(key, label_of(question)) for key, question in study.criteria.values_list("key", "question")]
        self.fields["questions"] = forms.MultipleChoiceField(
            choices=criteria,
            initial=[key for key, _ in criteria if key in ABOUT_THE_DOCUMENT],
            widget=forms.CheckboxSelectMultiple,
            label="The right summary must win on",
            help_text="Leave out questions that the summary of another meeting could win, such as fluency.",
        )


class ControlItemForm(forms.Form):
    """A pair's purpose, its expected answers (one field per question of the study) and an explanation."""

    purpose = forms.ChoiceField(
        choices=[(p.value, p.label) for p in PURPOSES], initial=Purpose.GOLD, widget=forms.RadioSelect, label="For"
    )
    explanation = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_EXPLANATION,
        required=False,
        help_text="Training: shown to annotators after their answer. Write {A} and {B} for the two texts; each "
        "annotator sees Left or Right in their place. Gold: a note for researchers that no annotator sees.",
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {Outcome.A: "A is better", Outcome.B: "B is better"}
        choices = [(outcome.value, labels.get(outcome, outcome.label)) for outcome in offered_outcomes(study)]
        self.questions = {f"expected-{criterion.key}": criterion.key for criterion in study.criteria.all()}
        for criterion in study.criteria.all():
            self.fields[f"expected-{criterion.key}"] = forms.MultipleChoiceField(
                choices=choices, required=False, widget=forms.CheckboxSelectMultiple, label=label_of(criterion.question)
            )
        self.order_fields(["purpose", *self.questions, "explanation"])

    def spec(self) -> ControlItemSpec:
        values = self.cleaned_data
        expected = {key: values[name] for name, key in self.questions.items() if values[name]}
        return ControlItemSpec(values["purpose"], expected, values["explanation"])
