"""Fields that several forms share."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.forms.utils import from_current_timezone
from django.utils import timezone

from annotations.models import LookSpending, Study
from annotations.studies.checks import look_dates_problem, looks_problem, stored_moments
from lib.lines import text_lines
from lib.numbers import LARGEST
from stats.votes.least import LEAST_VOTES

MOMENT = {"type": "datetime-local"}
A_DATE_WITH_A_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
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


def words_of(name: str) -> dict[str, Any]:
    """Return label and help of a field of Study."""
    field: Any = Study._meta.get_field(name)
    return {"label": field.verbose_name, "help_text": field.help_text}


def look_dates_field() -> "LookDatesField":
    """Make the field for looks at dates: which zone they are in, and when to take them, stand in its help."""
    zone = settings.TIME_ZONE
    return LookDatesField(
        label=words_of("look_dates")["label"],
        help_text="Instead of numbers of votes: dates with times in the time zone of the site "
        f"({zone}), one a line, such as 2026-12-01 18:00. Take them where the team decides on fixed days; numbers of "
        "votes are the better plan else, because every look then reads as many votes as was planned. Leave rating "
        "open until the last date. Fixed once somebody has been given a pair.",
    )


def maximum_field() -> forms.IntegerField:
    """Make the field for the votes that are planned for the last date of looks."""
    return forms.IntegerField(min_value=LEAST_VOTES, max_value=LARGEST, required=False, **words_of("look_maximum"))


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


class ListField(forms.CharField):
    """A list in one text, which is read by to_python and written by in_text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def in_text(self, values: list[Any]) -> str:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        return self.in_text(list(value)) if isinstance(value, (list, tuple)) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True

    def run_validators(self, value: Any) -> None:
        """What is in the list is checked already; the length of its text needs none."""


class LooksField(ListField):
    """Planned looks: rising numbers of votes with commas between, or nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

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

    def in_text(self, values: list[Any]) -> str:
        return ", ".join(map(str, values))


class LookDatesField(ListField):
    """Planned looks at dates: rising dates with times in the zone of the site, one a line, or nothing."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, list):
            return value or None
        parts = [part.strip() for line in text_lines(str(value)) for part in line.replace("，", ",").split(",")]
        moments = [self._moment(part) for part in parts if part]
        if not moments:
            return None
        dates = stored_moments(moments)
        if problem := look_dates_problem(dates):
            raise forms.ValidationError(problem)
        return dates

    def _moment(self, text: str) -> datetime:
        try:
            read = datetime.fromisoformat(text) if A_DATE_WITH_A_TIME.match(text) else None
        except ValueError:
            read = None
        if read is None:
            raise forms.ValidationError(f"{text!r} is no date with a time; expected some such as 2026-12-01 18:00.")
        # Refuses an hour that there is twice, or not at all, when clocks change.
        return read if read.tzinfo else from_current_timezone(read)

    def in_text(self, values: list[Any]) -> str:
        local = (timezone.localtime(datetime.fromisoformat(text)) for text in values)
        return "\n".join(moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") for moment in local)
