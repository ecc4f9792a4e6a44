"""What somebody says when they join a study, and may change later."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.studies.languages import StudyLanguage
from lib.language import normalise_language


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


def languages_of_browser(accepted: str) -> list[str]:
    """Return the bare languages of an Accept-Language header; a wish, so whatever is none is passed over."""
    codes = (part.partition(";")[0].strip() for part in accepted.split(",")[:20])
    return [normalise_language(code) for code in codes if code and len(code) <= 20]
