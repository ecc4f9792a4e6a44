"""Forms of the researcher's pages."""

from typing import Any

from django import forms

from models_runner.finetune.lifecycle import TRAINABLE
from models_runner.models import Dataset, FineTuning, InstructionKind, Regime, System
from models_runner.systems import catalog
from models_runner.systems.listing import NO_SIZE


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
    force = forms.BooleanField(
        required=False,
        label="Also documents it was trained on",
        help_text="Its numbers are then marked on every board.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = sorted({*System.objects.values_list("slug", flat=True), *catalog.entries()})
        choices = [("", "Choose a system"), *((slug, slug) for slug in slugs)]
        self.fields["system"] = forms.ChoiceField(choices=choices)


class SystemFilterForm(forms.Form):
    """Its cleaned data are the arguments of listing.SystemFilters."""

    regime = forms.ChoiceField(choices=[("", "All"), *Regime.choices], required=False)
    size = forms.ChoiceField(
        choices=[
            ("", "All"),
            ("compact", "Compact, below 2B"),
            ("mid", "Mid"),
            ("large", "Large, from 7B"),
            (NO_SIZE, "No size"),
        ],
        required=False,
    )
    state = forms.ChoiceField(choices=[("", "All"), ("ready", "Ready"), ("needs", "Needs something")], required=False)


class FineTuningForm(forms.Form):
    """Its cleaned data are the arguments of start_finetuning, but for the base, which is named by its slug."""

    name = forms.SlugField(max_length=100, label="Name of the new system")
    base = forms.ChoiceField()
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name", empty_label="Choose a dataset")
    split = forms.CharField(max_length=50, required=False, help_text="Empty: every split.")
    validation_split = forms.CharField(
        max_length=50, required=False, help_text="Watched to decide when to stop. Empty: a tenth, held out."
    )
    instruction = forms.ChoiceField(choices=FineTuning.Lengths.choices, initial=FineTuning.Lengths.ALL)
    method = forms.ChoiceField(choices=FineTuning.Method.choices, initial=FineTuning.Method.LORA)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = set(System.objects.filter(adapter__in=TRAINABLE).values_list("slug", flat=True))
        listed = {slug for slug, values in catalog.entries().items() if values["adapter"] in TRAINABLE}
        choices = [("", "Choose a system"), *((slug, slug) for slug in sorted(stored | listed))]
        self.fields["base"] = forms.ChoiceField(choices=choices)
