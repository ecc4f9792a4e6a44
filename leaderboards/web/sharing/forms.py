"""The owners' forms: which pages are shown, and for how long."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from leaderboards.models.sharing import PAGES, SharedLink

DAYS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year"))
LONGEST_REASON = 300


def _help(name: str) -> str:
    field: models.Field[Any, Any] = SharedLink._meta.get_field(name)  # type: ignore[assignment]  # a relation has no help
    return str(field.help_text)


class ShownForm(forms.Form):
    """Which pages are shown; while rating goes on also why."""

    pages = forms.MultipleChoiceField(
        choices=list(PAGES.items()),
        initial=["report"],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="Pages to show",
    )
    texts = forms.BooleanField(label="Summaries in the report", required=False, help_text=_help("texts"))
    comments = forms.BooleanField(label="What annotators wrote", required=False, help_text=_help("comments"))
    insist = forms.BooleanField(
        label="Show it although rating goes on",
        required=False,
        help_text="Whoever sees results before they rate is swayed by them. This is written into the history, and the "
        "page says so.",
    )
    reason = forms.CharField(
        label="Why", max_length=LONGEST_REASON, required=False, help_text="Everybody who opens the page reads it."
    )

    def __init__(self, *args: Any, goes_on: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not goes_on:
            del self.fields["insist"], self.fields["reason"]

    def shown(self) -> dict[str, Any]:
        """Return what the services take, whatever the form left out."""
        values = self.cleaned_data
        return {
            "pages": values["pages"],
            "texts": values["texts"],
            "comments": values["comments"],
            "insist": values.get("insist", False),
            "reason": values.get("reason", ""),
        }


class LinkForm(ShownForm):
    """A new link."""

    label = forms.CharField(
        max_length=200, required=False, label="For whom", help_text="Your own name for it; the page does not show it."
    )
    days = forms.TypedChoiceField(choices=DAYS, initial=30, coerce=int, label="Ends after")
    field_order = ["label", "pages", "texts", "comments", "days", "insist", "reason"]

    def expires_at(self) -> datetime:
        days: int = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days)
