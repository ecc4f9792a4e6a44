"""Importing marks in the browser: an upload is stored whole, or its wrong lines are named and nothing is kept."""

import tempfile
from pathlib import Path, PurePath
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.models import Study
from annotations.web.access import not_while_rating, owners_only
from lib.text.translated import mark_of
from marks.imports.storing import DatasetImportError, MarksImported, import_marks
from marks.web.import_form import ImportMarksForm, in_the_form
from models_runner.importing.records import SHOWN_ERRORS


@owners_only
@not_while_rating
@require_http_methods(["GET", "POST"])
def import_marks_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the form; POST a file to import its marks. What is wrong with it names texts, so raters are kept out."""
    form = ImportMarksForm(request.POST, request.FILES) if request.method == "POST" else ImportMarksForm()
    problems, more = [], 0
    if form.is_bound and form.is_valid():
        try:
            done = _stored(form, study, cast(User, request.user))
        except DatasetImportError as error:
            problems = [in_the_form(problem) for problem in error.problems[:SHOWN_ERRORS]]
            more = error.number - len(problems)
        else:
            messages.success(request, _said(done))
            return redirect("import-marks", study.slug)
    context = {"study": study, "form": form, "problems": problems, "more": more}
    return render(request, "marks/import.html", context, status=400 if form.is_bound else 200)


def _stored(form: ImportMarksForm, study: Study, by: User) -> MarksImported:
    file: UploadedFile = form.cleaned_data["file"]
    with tempfile.TemporaryDirectory(prefix="punchweight-marks-") as folder:
        # No name of the upload's leads anywhere; its ending says how it is read.
        path = Path(folder) / f"marks{PurePath(file.name or '').suffix.lower()}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        only_marked = form.cleaned_data["only_marked"]
        return import_marks(path, study, form.how(), by=by, only_marked=only_marked, name=file.name or "")


def _said(done: MarksImported) -> str:
    said = _("Marks added: %(added)s; already there: %(unchanged)s; summaries read for errors: %(readings)s.") % {
        "added": done.added,
        "unchanged": done.unchanged,
        "readings": done.readings,
    }
    if not done.new_kinds:
        return said
    return (
        said + mark_of(" ") + _("Kinds that are new in this study: %(kinds)s.") % {"kinds": ", ".join(done.new_kinds)}
    )
