"""Forms: a new judge, and asking one about a study."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from annotations.models import Study
from annotations.studies.criteria import LIBRARY, label_of
from judges.judging.chosen import ChosenPairsError, NamedPair, read_chosen
from judges.judging.lifecycle import Asked
from judges.judging.units import instructions_of
from judges.judging.wording import USUAL
from judges.models import IMPORTED, Judge, JudgeLanguage, Mode, OrderRule, RubricSource
from judges.records.entries import LANGUAGE_MODELS, judge_of
from judges.records.readiness import judge_needs
from judges.rubrics.library import library
from lib.numbers import LARGEST
from lib.text.translated import verbatim
from models_runner.models import Dataset, InstructionKind
from models_runner.systems.listing import listed_systems

# Short enough for a field on a phone.
LANGUAGES = [(JudgeLanguage.DOCUMENT.value, "The document's"), *JudgeLanguage.choices[1:]]
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
    language = forms.ChoiceField(
        choices=LANGUAGES,
        label="Asked in",
        initial=JudgeLanguage.DOCUMENT,
        help_text="The document's: Chinese for Chinese documents, English for others.",
    )
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


class JudgeField(forms.ModelChoiceField):
    """Lists judges by name, and says which of them cannot be asked yet."""

    def label_from_instance(self, judge: Judge) -> str:
        return _("{name} (not ready)").format(name=judge.name) if judge_needs(judge) else judge.name


class AskForm(forms.Form):
    """Which judge is asked, and what; the base of forms about a study or a dataset."""

    judge = JudgeField(Judge.objects.none(), to_field_name="name", label="Judge", empty_label=None)
    criteria = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Questions")
    sample = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST,
        label="How many",
        help_text="Pairs, or summaries for a judge of scores. Empty: all.",
    )
    seed = forms.IntegerField(
        required=False, min_value=0, max_value=2_147_483_647, label="Seed", help_text="Of the draw. Empty: 0."
    )
    pairs = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Chosen pairs",
        help_text="One a line: document, first system, second system. Empty: all pairs.",
    )
    cost_limit = forms.FloatField(
        required=False,
        min_value=0.000001,
        label="Limit of cost",
        help_text="US dollars; nothing is asked beyond it. Empty: no limit.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        judges = Judge.objects.exclude(adapter=IMPORTED)
        self.fields["judge"].queryset = judges  # type: ignore[attr-defined]

    def offer(self, criteria: Sequence[tuple[str, str]], initial: Sequence[str]) -> None:
        """Set what may be asked, and what is asked at first."""
        self.fields["criteria"].choices = criteria  # type: ignore[attr-defined]
        self.fields["criteria"].initial = initial

    def clean_pairs(self) -> list[NamedPair] | None:
        text = self.cleaned_data["pairs"]
        if not text.strip():
            return None
        try:
            return read_chosen(text)
        except ChosenPairsError as error:
            raise forms.ValidationError(str(error)) from error

    def asked(self) -> Asked:
        values = self.cleaned_data
        seed, limit = values["seed"] or 0, values["cost_limit"]
        return Asked(values["criteria"], values["sample"], seed, chosen=values["pairs"], cost_limit=limit)


class DirectForm(forms.Form):
    """How many documents, and pairs of each, people are asked about where judges and metrics are unsure."""

    documents = forms.IntegerField(
        min_value=1, max_value=LARGEST, label="Documents", help_text="How many people are asked about."
    )
    pairs = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST,
        label="Pairs of each",
        help_text="Empty: all pairs of a document.",
    )


class AskStudyForm(AskForm):
    """Which judge is asked about a study, and what."""

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        criteria = [(criterion.key, label_of(criterion.question)) for criterion in study.criteria.all()]
        self.offer(criteria, [key for key, _ in criteria])


class AskDatasetForm(AskForm):
    """Which judge is asked about the summaries of a dataset, and what."""

    instruction = forms.ChoiceField(label="Instruction")

    def __init__(self, dataset: Dataset, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(InstructionKind.choices)
        written = instructions_of(dataset)
        self.fields["instruction"].choices = [(kind, names[kind]) for kind in written]  # type: ignore[attr-defined]
        own = Judge.objects.filter(rubric_source=RubricSource.OWN).values_list("rubrics", flat=True)
        others = sorted({key for rubrics in own for key in rubrics} - library().keys())
        known = [(key, label_of(LIBRARY[key][0]) if key in LIBRARY else verbatim(key)) for key in library()]
        self.offer([*known, *((key, verbatim(key)) for key in others)], [USUAL])
