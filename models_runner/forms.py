"""Forms of the researcher's pages."""

from typing import Any

from django import forms

from models_runner import catalog
from models_runner.models import Dataset, InstructionKind, System


class RunStartForm(forms.Form):
    """Its cleaned data are the arguments of services.start_run, but for the system, which is named by its slug."""

    system = forms.ChoiceField()
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name", empty_label="Choose a dataset")
    split = forms.CharField(
        max_length=50,
        required=False,
        help_text="Empty: every split.",
        widget=forms.TextInput(attrs={"list": "splits", "autocomplete": "off"}),
    )
    instruction = forms.ChoiceField(choices=InstructionKind.choices, initial=InstructionKind.MEDIUM)
    limit = forms.IntegerField(
        min_value=1, required=False, label="First documents only", help_text="Empty: all. Can be raised later."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = sorted({*System.objects.values_list("slug", flat=True), *catalog.entries()})
        choices = [("", "Choose a system"), *((slug, slug) for slug in slugs)]
        self.fields["system"] = forms.ChoiceField(choices=choices)
