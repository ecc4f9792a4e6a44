"""What annotators send of marks from the rating page, and researchers of kinds."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from marks.kinds.storing import LONGEST_HELP
from marks.marking.recording import NewMark
from marks.models import LONGEST_KIND, MarkKind, Severity

LONGEST_TEXT = 100_000


class MarkForm(forms.Form):
    """A mark; start, end and text are left out for one on the whole summary.

    Without JavaScript, words are sent in place of these three, as somebody typed them.
    """

    token = forms.UUIDField()
    side = forms.ChoiceField(choices=[("left", "left"), ("right", "right")])
    error_kind = forms.CharField(max_length=LONGEST_KIND)
    severity = forms.ChoiceField(choices=Severity.choices)
    client_key = forms.UUIDField()
    start = forms.IntegerField(min_value=0, max_value=LONGEST_TEXT * 100, required=False)
    end = forms.IntegerField(min_value=1, max_value=LONGEST_TEXT * 100, required=False)
    # Not stripped: what the page shows may begin with an ideographic blank.
    text = forms.CharField(max_length=LONGEST_TEXT, strip=False, required=False)
    words = forms.CharField(max_length=LONGEST_TEXT, required=False)

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        places = [values.get(name) is not None for name in ("start", "end")]
        if not self.errors and (any(places) != all(places) or any(places) != bool(values.get("text"))):
            self.add_error("start", _("Send start, end and text, or none of them."))
        if not self.errors and any(places) and values.get("words"):
            self.add_error("words", _("Send words, or where they stand; not both."))
        return values

    def mark(self) -> NewMark:
        values = dict(self.cleaned_data)
        return NewMark(kind=values.pop("error_kind"), **values)


class TakeBackForm(forms.Form):
    token = forms.UUIDField()
    mark = forms.UUIDField()
    client_key = forms.UUIDField()


class ReadForm(forms.Form):
    token = forms.UUIDField()


class NewKindForm(forms.Form):
    """A kind of error of an owner's own."""

    name = forms.CharField(max_length=LONGEST_KIND)
    about = forms.ChoiceField(choices=MarkKind.About.choices, label="Of what")
    help_text = forms.CharField(
        required=False,
        max_length=LONGEST_HELP,
        label="Help",
        help_text="What annotators read of it, in their language.",
    )
