"""Fields that several forms share."""

from typing import Any

from django import forms

from annotations.models import LookSpending
from annotations.studies.checks import looks_problem

MOMENT = {"type": "datetime-local"}
# Short enough for a field on a phone.
STRICTNESS = {
    LookSpending.OBRIEN_FLEMING.value: "Hardly anything early",
    LookSpending.POCOCK.value: "About the same at every look",
}


def moment_field(**options: Any) -> forms.DateTimeField:
    """Make a field for a date and time, with the browser's own picker."""
    return forms.DateTimeField(
        required=False, widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"), **options
    )


def spending_field(**options: Any) -> forms.ChoiceField:
    """Make the field for the strictness of looks: who proposed each stands in its help, where there is room for it."""
    return forms.ChoiceField(
        choices=list(STRICTNESS.items()),
        initial=LookSpending.OBRIEN_FLEMING.value,
        label="Strictness of looks",
        help_text="Hardly anything early (O'Brien–Fleming): the last look is hardly stricter than a single one. About "
        "the same at every look (Pocock): large differences end a study earlier, and the last look is stricter.",
        **options,
    )


class LooksField(forms.CharField):
    """Planned looks: rising numbers of votes with commas between, or nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=200, **options)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, list):
            return value or None
        parts = [part.strip() for part in str(value).replace("，", ",").split(",")]
        if not any(parts):
            return None
        if not all(part.isdecimal() and len(part) <= 10 for part in parts):
            raise forms.ValidationError("Expected whole numbers with commas between, such as 200, 400, 600.")
        votes = [int(part) for part in parts]
        if problem := looks_problem(votes):
            raise forms.ValidationError(problem)
        return votes

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True

    def run_validators(self, value: Any) -> None:
        """Numbers are checked already; the length of their text needs none."""
