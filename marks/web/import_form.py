"""The form with which owners import marks in the browser."""

import re
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from lib.text.translated import translated
from marks.imports.mapping import ColumnMap, parse_columns
from marks.imports.reading import LONGEST_ANNOTATOR, LONGEST_SLUG, HowToRead
from marks.models import LONGEST_KIND, Severity
from models_runner.importing.records import RecordError

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
OF_LINES = ("system", "annotator", "kind", "severity")
_ENCODING = re.compile(r"(?:Say) --encoding \S+ Or (convert)")  # only the command has this option
_OPTION = re.compile(rf"--({'|'.join(OF_LINES)})\b")


def in_the_form(problem: str) -> str:
    """Return a message of the reader with the options of the command named as the form names them."""
    text = _ENCODING.sub(lambda found: found[1].capitalize(), translated(problem).replace("--map", "Columns"))
    return _OPTION.sub(lambda option: f"“{option[1].capitalize()}”", text)


class ImportMarksForm(forms.Form):
    file = forms.FileField(label="Marks", help_text="JSON Lines, JSON, CSV or Parquet; also a file of factgenie.")
    columns = forms.CharField(
        required=False,
        max_length=5_000,
        label="Columns",
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text="Only for tables with names of their own, a line each: system=Model, or kind.NAME=COLUMN for a "
        "column that says yes or no to one kind of error.",
    )
    system = forms.CharField(required=False, max_length=LONGEST_SLUG, help_text="Of lines that do not name one.")
    annotator = forms.CharField(
        required=False, max_length=LONGEST_ANNOTATOR, help_text="Of lines that do not name one."
    )
    kind = forms.CharField(required=False, max_length=LONGEST_KIND, help_text="Of lines that do not name one.")
    severity = forms.ChoiceField(
        required=False,
        choices=[("", "Each line says it"), *Severity.choices],
        help_text="Of lines that do not name one.",
    )
    only_marked = forms.BooleanField(
        required=False,
        label="Annotators read no other summaries",
        help_text="Left out: those of the same documents too, unless a line says who found nothing.",
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.API_UPLOAD_BYTES:
            most = filesizeformat(settings.API_UPLOAD_BYTES)
            raise forms.ValidationError(f"The file is larger than {most}. Import it on the command line.")
        if PurePath(file.name or "").suffix.lower() not in ENDINGS:
            raise forms.ValidationError(f"The file's name ends with none of: {', '.join(ENDINGS)}.")
        return file

    def clean_columns(self) -> ColumnMap | None:
        lines = str(self.cleaned_data["columns"]).splitlines()
        try:
            return parse_columns(line for line in lines if line.strip())
        except RecordError as error:
            raise forms.ValidationError(in_the_form(str(error))) from error

    def how(self) -> HowToRead:
        values: dict[str, Any] = self.cleaned_data
        return HowToRead(values["columns"], {name: values[name] for name in OF_LINES if values[name]})
