"""Forms of protocols."""

from typing import Any

from django import forms

from annotations.models import Study
from annotations.studies.criteria import label_of
from protocol.file.schema import AnalysisPart
from protocol.web.uploads import MOST_BYTES


class ProtocolForm(forms.Form):
    """A protocol, as a file or as a text that was shown and may have been corrected."""

    file = forms.FileField(
        required=False, label="Protocol", help_text=f"A YAML file of at most {MOST_BYTES // 1000} KB."
    )
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        label="Its text",
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("file") and not values.get("text") and not self.errors:
            self.add_error("file", "Choose a file.")
        return values


class AnalysisForm(forms.Form):
    """The words of a planned analysis; margin and systems in question are settings of the study."""

    criterion = forms.ChoiceField(label="The question that decides")
    exclusion = forms.CharField(
        required=False, max_length=5_000, label="Whose votes are left out", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: whoever fails two of four attention checks.",
    )  # fmt: skip
    stopping = forms.CharField(
        required=False, max_length=5_000, label="When rating ends", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: when every pair has its votes, whatever they say.",
    )  # fmt: skip
    notes = forms.CharField(
        required=False, max_length=20_000, label="What else is decided now", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None, *, study: Study, planned: AnalysisPart) -> None:
        said = planned.model_dump(include={"criterion", "exclusion", "stopping", "notes"})
        choices = [(criterion.key, label_of(criterion.question)) for criterion in study.criteria.all()]
        first = choices[0][0] if choices else ""
        super().__init__(data, initial=said | {"criterion": said["criterion"] or first})
        self.fields["criterion"] = forms.ChoiceField(choices=choices, label="The question that decides")
