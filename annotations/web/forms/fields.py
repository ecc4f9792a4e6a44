"""Fields that several forms share."""

from typing import Any

from django import forms

MOMENT = {"type": "datetime-local"}


def moment_field(**options: Any) -> forms.DateTimeField:
    """Make a field for a date and time, with the browser's own picker."""
    return forms.DateTimeField(
        required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"), **options
    )
