"""Forms of the pages that import meetings."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from lib.language_codes import UnknownLanguageError
from lib.text.translated import translated
from models_runner.importing.drafts.service import read_options
from models_runner.importing.languages import code_or_find_out
from models_runner.importing.readers.registry import FORMATS
from models_runner.importing.reading import AUTO
from models_runner.importing.records import MAX_LICENCE_LENGTH, MAX_SPLIT_LENGTH, RecordError
from models_runner.web.fields import ShortNameField

CHARACTERS_PASTED = 2_000_000
# The options of the command that messages speak of, as the form has them.
_MAP = re.compile(r"--map (\w[\w.]*=(?:'[^']*'|[^\s,]+))")
_MAPS = re.compile(rf"{_MAP.pattern}(?:,? {_MAP.pattern})*")
_SAID = (
    (re.compile(r"(?:then )?[Ss]ay --encoding (\S+?)(?=[.,: )]|$)"), r"set Encoding to \1"),
    (re.compile(r"say --missing empty"), "choose “an empty cell” below"),
    (re.compile(r"say --missing text"), "choose “a text” below"),
    (re.compile(r"Name one: --sheet '([^']*)'"), r"Set Sheet to one of them, such as \1"),
    (re.compile(r"or name it with --format"), "or choose its format below"),
    (re.compile(r"Leave --format out to have it recognised"), "Choose “Found by content” below"),
    (re.compile(r"--(name|format|split|licence|encoding|sheet|missing)\b"), lambda match: match[1].capitalize()),
)


def in_the_form(problem: str) -> str:
    """Return a message of the reader with the options of the command named as the form names them."""
    # Translations speak of the form already.
    text = _MAPS.sub(lambda maps: "Columns: " + ", ".join(_MAP.findall(maps[0])), translated(problem))
    text = text.replace("--map", "Columns")
    for said, here in _SAID:
        text = said.sub(here, text)
    return text


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; cleaned to a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files if file]


class ReadingForm(forms.Form):
    """The dataset, and how files are read; `options()` is what a draft keeps."""

    name = ShortNameField(
        max_length=100,
        label="Dataset",
        help_text="A new name, or one that is there: letters, digits, - and _.",
        widget=forms.TextInput(attrs={"list": "datasets", "autocomplete": "off"}),
    )
    format = forms.ChoiceField(
        choices=[(name, "Found by content" if name == AUTO else name) for name in FORMATS], initial=AUTO
    )
    language = forms.CharField(
        max_length=60,
        required=False,
        help_text="Of documents that name none: en, zh, German … Empty: found from the text of each.",
    )
    split = forms.CharField(max_length=MAX_SPLIT_LENGTH, required=False, help_text="For example train or test.")
    licence = forms.CharField(
        max_length=MAX_LICENCE_LENGTH, required=False, help_text="Of documents that name none, such as CC-BY-4.0."
    )
    redistributable = forms.BooleanField(
        required=False, label="May be passed on", help_text="Releases may hold the texts of documents that do not say."
    )
    map = forms.CharField(
        required=False,
        max_length=5_000,
        label="Columns",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "transcript=dialogue\nreference=summary"}),
        help_text="For tables with names of their own: FIELD=COLUMN, one a line. Fields are transcript, reference, id, "
        "title, query and others.",
    )
    encoding = forms.CharField(max_length=40, required=False, help_text="Of files that are not UTF-8: windows-1252 …")
    sheet = forms.CharField(max_length=100, required=False, help_text="Of a workbook with several.")
    missing = forms.ChoiceField(
        choices=[("ask", "an error"), ("empty", "an empty cell"), ("text", "a text")],
        label="A cell such as nan or NULL is",
    )

    MORE = ("map", "encoding", "sheet", "missing", "licence", "redistributable")
    FIRST = ("name", "format", "language", "split")

    def clean_language(self) -> str:
        try:
            return code_or_find_out(self.cleaned_data["language"])
        except UnknownLanguageError as error:
            raise forms.ValidationError(f"This {error}") from error

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            try:
                read_options(values)
            except RecordError as error:
                self.add_error("map", str(error).removeprefix("--map "))
        return values

    def options(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.FIRST, *self.MORE)} | {
            "redistributable": self.cleaned_data["redistributable"] or None
        }

    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def more_is_wrong(self) -> bool:
        return any(field.errors for field in self.more_fields())


class UploadForm(ReadingForm):
    """What is imported: files, a pasted text, or both."""

    files = FilesField(  # type: ignore[assignment]  # a form's own `files` gives way to its field
        required=False,
        allow_empty_file=True,  # the preview names it
        label="Files",
        help_text="Choose several, or drop them here. A .zip holds many.",
    )
    pasted = forms.CharField(
        required=False,
        max_length=CHARACTERS_PASTED,
        strip=False,
        label="Or paste a transcript",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    pasted_name = forms.CharField(
        required=False, max_length=150, label="Id of the pasted meeting", help_text="Empty: pasted."
    )

    def clean_pasted(self) -> str:
        """Blank lines alone are no transcript, and none beside the files."""
        pasted: str = self.cleaned_data["pasted"]
        return pasted if pasted.strip() else ""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        files = values.get("files") or []
        if not files and not (values.get("pasted") or "").strip() and "files" not in self.errors:
            self.add_error("files", "Choose a file, or paste a transcript.")
        size = sum(file.size or 0 for file in files)
        if size > settings.API_UPLOAD_BYTES:
            self.add_error(
                "files",
                f"They have {filesizeformat(size)} together; at most {filesizeformat(settings.API_UPLOAD_BYTES)} go in "
                "by the browser. Import them with the command import_dataset, or in parts.",
            )
        return values
