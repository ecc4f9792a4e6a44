"""Forms: a new judge, and asking one about a study."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import validate_slug

from annotations.models import Study
from annotations.studies.criteria import label_of
from judges.judging.lifecycle import Asked
from judges.models import Judge, JudgeLanguage, Mode, OrderRule, RubricSource
from judges.records.entries import LANGUAGE_MODELS, judge_of
from lib.numbers import LARGEST
from lib.text.translated import verbatim
from models_runner.systems.listing import listed_systems

RUBRICS = [choice for choice in RubricSource.choices if choice[0] != RubricSource.OWN]


class JudgeForm(forms.Form):
    """A judge whose model is a system's, with a rubric of the project or the study's own questions."""

    name = forms.CharField(
        max_length=100, validators=[validate_slug], help_text="Letters, digits, hyphens and underscores."
    )
    system = forms.ChoiceField(label="Model", help_text="The model of this system judges.")
    rubric = forms.ChoiceField(choices=RUBRICS, label="Rubric", initial=RubricSource.LIBRARY)
    mode = forms.ChoiceField(choices=Mode.choices, label="What it does", initial=Mode.PAIR)
    order_rule = forms.ChoiceField(
        choices=OrderRule.choices, label="If both orders disagree", initial=OrderRule.CONSERVATIVE
    )
    language = forms.ChoiceField(choices=JudgeLanguage.choices, label="Asked in", initial=JudgeLanguage.DOCUMENT)
    samples = forms.IntegerField(
        min_value=1, max_value=100, initial=1, label="Samples", help_text="How often each question is asked."
    )
    temperature = forms.FloatField(min_value=0, max_value=5, initial=0)
    reasoning = forms.BooleanField(required=False, initial=True, label="Gives a reason before its verdict")
    reference = forms.BooleanField(required=False, label="Is shown the human-written summary")
    evidence = forms.BooleanField(required=False, label="Is shown the turns that may support each summary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        systems = [row.system.slug for row in listed_systems() if row.system.adapter in LANGUAGE_MODELS]
        self.fields["system"].choices = [(slug, verbatim(slug)) for slug in systems]  # type: ignore[attr-defined]

    def judge(self) -> Judge:
        """Return the judge, unsaved. Raises JudgeFileError."""
        values = dict(self.cleaned_data)
        return judge_of(values.pop("name"), values)


class AskForm(forms.Form):
    """Which judge is asked about a study, and what."""

    judge = forms.ModelChoiceField(Judge.objects.none(), to_field_name="name", label="Judge", empty_label=None)
    criteria = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Questions")
    sample = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST,
        label="How many",
        help_text="Pairs, or summaries for a judge of scores. Empty: all.",
    )
    cost_limit = forms.FloatField(
        required=False,
        min_value=0.000001,
        label="Limit of cost",
        help_text="US dollars; nothing is asked beyond it. Empty: no limit.",
    )

    def __init__(self, study: Study, judges: Iterable[Judge], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = [judge.pk for judge in judges if not judge.is_imported]
        self.fields["judge"].queryset = Judge.objects.filter(pk__in=here)  # type: ignore[attr-defined]
        criteria = [(criterion.key, label_of(criterion.question)) for criterion in study.criteria.all()]
        self.fields["criteria"].choices = criteria  # type: ignore[attr-defined]
        self.fields["criteria"].initial = [key for key, _ in criteria]

    def asked(self) -> Asked:
        values = self.cleaned_data
        return Asked(values["criteria"], values["sample"], cost_limit=values["cost_limit"])
