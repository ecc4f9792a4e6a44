"""Forms of the pages of systems, runs and fine-tunings."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms

from lib.numbers import LARGEST
from models_runner.finetune.lifecycle import TRAINABLE
from models_runner.models import Dataset, FineTuning, InstructionKind, Regime, System
from models_runner.systems import catalog
from models_runner.systems.listing import NO_SIZE
from models_runner.systems.readiness import system_needs
from models_runner.web.fields import ShortNameField


class RunStartForm(forms.Form):
    """A run to start; the cleaned data are the arguments of lifecycle.start_run, with the system's slug."""

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
        min_value=1,
        max_value=LARGEST,
        required=False,
        label="First documents only",
        help_text="Empty: all. You can raise it later.",
    )
    force = forms.BooleanField(
        required=False,
        label="Include documents it was trained on",
        help_text="Its results are then marked on every board.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = {system.slug: system for system in System.objects.all()}
        known = {slug: catalog.unsaved_system(slug) for slug in catalog.entries() if slug not in stored} | stored
        # Imported systems write nothing, so they are not offered; one that is sent all the same is told what it needs.
        field = forms.ChoiceField(choices=[(slug, slug) for slug in known])
        offered = [system for _, system in sorted(known.items()) if system.adapter != "imported"]
        field.widget.choices = [("", "Choose a system"), *_ready_first(offered)]
        self.fields["system"] = field


def _ready_first(systems: Iterable[System]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the groups of a list of choices: the systems that can run on this machine, then the others."""
    groups: dict[str, list[tuple[str, str]]] = {"Ready": [], "Not ready": []}
    for system in systems:
        groups["Not ready" if system_needs(system) else "Ready"].append((system.slug, system.slug))
    yield from ((label, choices) for label, choices in groups.items() if choices)


class SystemFilterForm(forms.Form):
    """Filters of the list of systems; the cleaned data are the arguments of listing.Filters."""

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
    state = forms.ChoiceField(choices=[("", "All"), ("ready", "Ready"), ("needs", "Not ready")], required=False)


class FineTuningForm(forms.Form):
    """A fine-tuning to start; the cleaned data are the arguments of start_finetuning, with the base's slug."""

    name = ShortNameField(max_length=100, label="Name of the new system")
    base = forms.ChoiceField()
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name", empty_label="Choose a dataset")
    split = forms.CharField(max_length=50, required=False, help_text="Empty: every split.")
    validation_split = forms.CharField(
        max_length=50,
        required=False,
        help_text="Decides when training stops. Empty: a tenth of the documents is held out.",
    )
    instruction = forms.ChoiceField(choices=FineTuning.Lengths.choices, initial=FineTuning.Lengths.ALL)
    method = forms.ChoiceField(choices=FineTuning.Method.choices, initial=FineTuning.Method.LORA)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = set(System.objects.filter(adapter__in=TRAINABLE).values_list("slug", flat=True))
        listed = {slug for slug, values in catalog.entries().items() if values["adapter"] in TRAINABLE}
        choices = [("", "Choose a system"), *((slug, slug) for slug in sorted(stored | listed))]
        self.fields["base"] = forms.ChoiceField(choices=choices)
