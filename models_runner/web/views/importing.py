"""Importing meetings in the browser: upload or paste, look, correct, store."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from lib.choices import refuse_choice
from lib.language import words
from models_runner.datasets.turns import ShownTurn, shown_turns
from models_runner.importing.drafts import jobs, service
from models_runner.importing.drafts.corrections import Corrections, unstorable_of
from models_runner.importing.languages import doubts_about, is_doubtful
from models_runner.importing.records import DatasetImportError, ImportedRecord
from models_runner.models import ImportDraft, ImportJob
from models_runner.web.access import get_import_draft, researchers_only
from models_runner.web.import_form import ReadingForm, UploadForm, in_the_form

# Each document is five fields of the form, each speaker two; a form of more than 1,000 is refused.
SHOWN_DOCUMENTS = 130
SHOWN_SPEAKERS = 150
SHOWN_TURNS = 15
OPENED = 20
DRAFT_CHANGES = ("correct", "import", "discard")


@dataclass(frozen=True)
class ShownDocument:
    """A document of a preview.

    Attributes:
        shown: Its place in the import, id, title and language, as JSON.
        place: What tells it from all others of the import.
        record: As it would be stored.
        doubtful: Whether its language is plainly not that of its text.
        speakers: Colour number by speaker.
        words: How many words were said.
        references: How many references it has, those of queries included.
        turns: Its first turns; none for documents far down the list.
    """

    shown: str
    place: str
    record: ImportedRecord
    doubtful: bool
    speakers: dict[str, int]
    words: int
    references: int
    turns: Sequence[ShownTurn]


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def import_meetings(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None, initial={"name": request.GET.get("dataset", "")})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        # As a file's name: a slash in it would part folders, and cut the id.
        wanted = values["pasted_name"].replace("/", "-").replace("\\", "-")
        name = f"{wanted}.txt" if wanted else ""
        draft = service.start_draft(
            values["files"], values["pasted"], form.options(), cast(User, request.user), pasted_name=name
        )
        if draft.is_large:
            jobs.start(draft, ImportJob.Kind.READ)
        # The script goes on to the preview by itself; a redirect that it follows would be read twice.
        by_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
        return JsonResponse({"location": draft.get_absolute_url()}) if by_script else redirect(draft)
    context = {"form": form, "datasets": service.dataset_names()}
    return render(request, "models_runner/import.html", context, status=400 if form.errors else 200)


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def import_draft(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the preview, or how far a worker is with it; POST do=correct, do=import or do=discard."""
    if request.method != "POST" and not ImportDraft.objects.filter(public_id=public_id).exists():
        # Whoever goes back in the browser comes by here.
        messages.info(request, "That upload is no longer here: it was imported, discarded, or is more than a day old.")
        return redirect("datasets")
    draft = get_import_draft(request, public_id)
    if request.method != "POST":
        return _progress(request, draft) or _preview(request, draft, ReadingForm(initial=draft.options))
    do = request.POST.get("do")
    if do not in DRAFT_CHANGES:
        return refuse_choice("do", do, DRAFT_CHANGES)
    if do == "discard":
        service.discard([draft])
        messages.info(request, "Discarded. Nothing was stored.")
        return redirect("datasets")
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return _preview(request, draft, form)
    corrections = _corrections(request, draft)
    if problems := unstorable_of(corrections):
        messages.error(request, " ".join(problems))
        return redirect(draft)
    service.correct(draft, form.options(), corrections)
    if draft.is_large:
        return _have_done(draft, store=do == "import")
    return _import(request, draft) if do == "import" else redirect(draft)


def _have_done(draft: ImportDraft, *, store: bool) -> HttpResponse:
    """Have a worker read a large upload if its options have changed, or store it."""
    if service.saved_read(draft) is None:
        jobs.start(draft, ImportJob.Kind.READ)
    elif store:
        jobs.start(draft, ImportJob.Kind.STORE)
    else:
        jobs.forget_failure(draft)
    return redirect(draft)


def _progress(request: HttpRequest, draft: ImportDraft) -> HttpResponse | None:
    """Return how far a worker is with a large upload, or what it stored; None where there is a preview to show."""
    job = jobs.job_of(draft)
    if job is None:
        return None
    stored = job.kind == ImportJob.Kind.STORE and job.status == ImportJob.Status.DONE
    by_script, failed = bool(request.headers.get("HX-Request")), job.status == ImportJob.Status.FAILED
    if job.is_settled and not stored:
        if by_script:
            return HttpResponseClientRefresh()
        if not failed or service.saved_read(draft):
            if failed:
                _say_unlisted(request, draft, job.failure_reason)
            return None
    part = "_import_progress.html" if by_script else "import_progress.html"
    context = {"draft": draft, "job": job, "reason": in_the_form(job.failure_reason), "worker_queue": "default"}
    return render(request, f"models_runner/{part}", context)


def _corrections(request: HttpRequest, draft: ImportDraft) -> Corrections:
    old, new = request.POST.getlist("speaker"), request.POST.getlist("speaker_name")
    speakers = {name: renamed.strip() for name, renamed in zip(old, new, strict=False) if renamed.strip() != name}
    return Corrections(speakers, request.POST.getlist("leave_out"), _documents(request, draft))


def _documents(request: HttpRequest, draft: ImportDraft) -> dict[str, dict[str, str]]:
    """Return the corrections of before with those that differ now from what was shown.

    What was only shown is no correction: another map of columns may give other ids.
    """
    documents = {place: dict(values) for place, values in draft.corrections.get("documents", {}).items()}
    fields = {name: request.POST.getlist(f"document_{name}") for name in ("id", "title", "language")}
    for number, shown in enumerate(request.POST.getlist("document")):
        try:
            place, *before = json.loads(shown)
        except ValueError:
            continue
        for (name, values), old_value in zip(fields.items(), before, strict=False):
            new_value = values[number].strip() if number < len(values) else old_value
            if new_value != old_value:
                documents.setdefault(str(place), {})[name] = new_value
    return documents


def _import(request: HttpRequest, draft: ImportDraft) -> HttpResponse:
    try:
        result = service.import_draft(draft)
    except DatasetImportError as error:
        _say_unlisted(request, draft, str(error))
        return redirect(draft)
    messages.success(request, f"{result.added:,} documents added, {result.unchanged:,} were there already.")
    return redirect(result.dataset)


def _say_unlisted(request: HttpRequest, draft: ImportDraft, reason: str) -> None:
    """Say why nothing was imported, unless the preview that comes next lists just that."""
    problems = service.preview_draft(draft).problems
    if not problems or reason != str(DatasetImportError(problems)):
        messages.error(request, in_the_form(reason))


def _preview(request: HttpRequest, draft: ImportDraft, form: ReadingForm) -> HttpResponse:
    preview = service.preview_draft(draft)
    shown = zip(preview.places, preview.documents[:SHOWN_DOCUMENTS], strict=False)
    renamed = draft.corrections.get("speakers", {})
    speakers = islice(preview.speakers.items(), SHOWN_SPEAKERS)
    languages = Counter(record.language for record in preview.documents)
    context = {
        "draft": draft,
        "form": form,
        "preview": preview,
        "guesses": [note for file in preview.read.files for note in file.guesses],
        "languages": languages.most_common(),
        "languages_found": any(record.language_is_guess for record in preview.documents),
        "doubts": doubts_about(preview.documents),
        "not_taken": [note for file in preview.read.files for note in file.left_out],
        "documents": [_shown(place, record, n < OPENED) for n, (place, record) in enumerate(shown)],
        "hidden_documents": max(0, len(preview.documents) - SHOWN_DOCUMENTS),
        "problems": [in_the_form(problem) for problem in preview.problems],
        "left_out": preview.left_out,
        "speakers": [(name, renamed.get(name, name), turns) for name, turns in speakers],
        "hidden_speakers": max(0, len(preview.speakers) - SHOWN_SPEAKERS),
        "datasets": service.dataset_names(),
    }
    return render(request, "models_runner/import_draft.html", context, status=400 if form.errors else 200)


def _shown(place: str, record: ImportedRecord, with_turns: bool) -> ShownDocument:
    turns = shown_turns(record.turns)
    return ShownDocument(
        shown=json.dumps([place, record.id, record.title, record.language], ensure_ascii=False),
        place=place,
        record=record,
        doubtful=is_doubtful(record),
        speakers={turn.speaker: turn.colour for turn in turns if turn.speaker},
        words=sum(len(words(turn["content"], record.language)) for turn in record.turns),
        references=len(record.references) + sum(len(query.references) for query in record.queries),
        turns=turns[:SHOWN_TURNS] if with_turns else (),
    )
