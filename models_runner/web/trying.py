"""Trying a system that a form describes, before anything of it is stored."""

from typing import cast

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest

from models_runner.models import Dataset, Document, InstructionKind, Trial
from models_runner.runs import trials
from models_runner.systems.readiness import NotReadyError
from models_runner.web.blinding import refusals
from models_runner.web.system_form import SystemForm

WHOLE_MEETING = [choice for choice in InstructionKind.choices if choice[0] != InstructionKind.QUERY]


class TrialForm(forms.Form):
    """The document on which a system is tried."""

    try_dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name", label="Dataset", empty_label=None)
    try_document = forms.CharField(
        max_length=200, required=False, label="Document", help_text="Its id. Empty: the dataset's first."
    )
    try_instruction = forms.ChoiceField(choices=WHOLE_MEETING, initial=InstructionKind.SHORT, label="Summary")

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if dataset := values.get("try_dataset"):
            values["document"] = self._document(dataset, values.get("try_document", ""))
        return values

    def _document(self, dataset: Dataset, wanted: str) -> Document | None:
        documents = dataset.documents.order_by("position")
        matching = documents.filter(external_id=wanted) if wanted else documents
        if not (document := matching.first()):
            what = f"{dataset.name} has no document {wanted!r}." if wanted else f"{dataset.name} has no documents."
            self.add_error("try_document", what)
        return document


def start_trial(request: HttpRequest, form: SystemForm, trial_form: TrialForm) -> Trial | None:
    """Start the trial that was asked for; None where a form says what is wrong."""
    document, kind = None, ""
    if request.POST.get("do") == "try":
        if not trial_form.is_valid():
            return None
        document, kind = trial_form.cleaned_data["document"], trial_form.cleaned_data["try_instruction"]
        if refusal := refusals(request).get(document.dataset_id):
            trial_form.add_error("try_dataset", str(refusal))
            return None
    slug, entry = form.entry()
    try:
        return trials.start_trial(slug, entry, cast(User, request.user), document=document, kind=kind)
    except (trials.TrialError, NotReadyError) as error:
        form.add_error(None, str(error))
        return None


def trial_context(form: SystemForm, trial_form: TrialForm, trial: Trial | None) -> dict[str, object]:
    """Return what models_runner/_try_it.html shows."""
    return {
        "adapter": form.adapter,
        "trial_form": trial_form,
        "trial": trial,
        "has_documents": Document.objects.exists(),
        "worker_queue": "default",
    }
