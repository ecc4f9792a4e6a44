"""What somebody says when they join a study, and may change later."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from annotations.models import PersonalQuestion
from annotations.people.questionnaire import LONGEST_ANSWER
from annotations.studies.languages import StudyLanguage
from lib.language import normalise_language
from lib.numbers import LARGEST


class LanguagesForm(forms.Form):
    """Which of the study's languages somebody reads; at least one."""

    languages = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose at least one language.")}
    )

    def __init__(self, *args: Any, offered: Collection[StudyLanguage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.fields["languages"].choices = [(language.code, language.name) for language in offered]  # type: ignore[attr-defined]

    def rows(self) -> list[tuple[StudyLanguage, bool]]:
        """Each language, and whether it is checked."""
        checked = self["languages"].value() or []
        return [(language, language.code in checked) for language in self.offered]


class JoinKeyForm(forms.Form):
    """A key of the page with the invitation, so that what it sends counts once, however often it comes."""

    key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    def join_key(self) -> str:
        """Return what is stored of the key, by which nobody can send it again; "" where the page has none."""
        key = self.cleaned_data["key"] if self.is_valid() else None
        return salted_hmac("annotations.join", str(key), algorithm="sha256").hexdigest() if key else ""


class PersonalForm(forms.Form):
    """Questions about the person; every one may be left out, for what somebody says of themselves is theirs to give."""

    def __init__(self, *args: Any, questions: Iterable[PersonalQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.key.hex] = _personal_field(question)

    def answers(self) -> dict[UUID, str]:
        return {UUID(hex=name): str(value or "") for name, value in self.cleaned_data.items()}


def _personal_field(question: PersonalQuestion) -> forms.Field:
    about: dict[str, Any] = {"label": question.text, "required": False}
    if question.kind == PersonalQuestion.Kind.TEXT:
        area = forms.Textarea(attrs={"rows": 2, "dir": "auto"})
        return forms.CharField(max_length=LONGEST_ANSWER, widget=area, **about)
    if question.kind == PersonalQuestion.Kind.CHOICE:
        choices = [(option, option) for option in question.options]
    else:
        low, high, *meanings = question.options
        numbers = range(int(low), int(high) + 1)
        meant = dict(zip((int(low), int(high)), meanings, strict=True))
        choices = [(str(n), f"{n} – {meant[n]}" if meant.get(n) else str(n)) for n in numbers]
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **about)


class ConsentForm(forms.Form):
    """Agreement to one version of the study's consent text."""

    version = forms.IntegerField(min_value=1, max_value=LARGEST)
    agree = forms.BooleanField(error_messages={"required": _("Tick the box if you agree; without it you cannot rate.")})


def languages_of_browser(accepted: str) -> list[str]:
    """Return the bare languages of an Accept-Language header; a wish, so whatever is none is passed over."""
    codes = (part.partition(";")[0].strip() for part in accepted.split(",")[:20])
    return [normalise_language(code) for code in codes if code and len(code) <= 20]
