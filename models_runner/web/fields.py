"""Fields of forms that take what people write: names with blanks in them, sizes such as 8B; and plain ones by kind."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.numbers import LARGEST

# For fields that ask for a short name; Django's own message speaks of a “slug”.
SHORT_NAME_ERRORS: dict[str, Any] = {"invalid": _("Expected letters, digits, - and _ only, without spaces.")}
UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_SIZE = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,15})?) ?(?P<unit>[KMBT]?)", re.IGNORECASE)


class ShortNameField(forms.SlugField):
    """A name for addresses and commands; blanks in it become hyphens."""

    default_error_messages = SHORT_NAME_ERRORS

    def to_python(self, value: Any) -> str:
        return re.sub(r"\s+", "-", super().to_python(value) or "")


class ParametersField(forms.IntegerField):
    """How many parameters a model has: a whole number, or one with K, M, B or T behind it, such as 780M."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Expected a number of parameters, such as 780M, 8B or 8030261248.")}

    def prepare_value(self, value: Any) -> Any:
        """Show 8000000000 as people write it, where that says the same."""
        for unit, factor in reversed(UNITS.items()):
            if unit and isinstance(value, int) and value >= factor and value % (factor // 1000) == 0:
                return f"{value / factor:g}{unit}" if value / factor < 1000 else value
        return value

    def to_python(self, value: Any) -> int | None:
        found = _SIZE.fullmatch(str(value or "").strip().replace(",", ""))
        if found:
            value = round(float(found["number"]) * UNITS[found["unit"].upper()]) if found["unit"] else found["number"]
        return super().to_python(value)


def whole_field(label: str, help_text: str = "", **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, **{"min_value": 1, "max_value": LARGEST} | options
    )


def text_field(label: str, help_text: str = "", **options: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, **{"required": False, "max_length": 300} | options)


def choice_field(label: str, choices: Any, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices), help_text=help_text, required=False)
