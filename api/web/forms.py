"""The form that creates a token."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from api.models.tokens import Scope

DAYS = ((30, "30 days"), (90, "90 days"), (365, "A year"), (0, "Never"))
# Tokens to annotate are bound to an annotator, so the API creates them.
SCOPES = [(scope.value, scope.label) for scope in (Scope.READ, Scope.WRITE, Scope.ADMIN)]


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What it is for, such as: notebook on my laptop.")
    scope = forms.ChoiceField(
        choices=SCOPES,
        initial=Scope.READ,
        help_text="Administer: add systems and annotators, and have events sent to other servers. "
        "Whatever its scope, a token can do only what you can.",
    )
    days = forms.TypedChoiceField(choices=DAYS, initial=90, coerce=int, label="Ends after")

    def expires_at(self) -> datetime | None:
        days: int = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
