"""Speakers, ids and titles are corrected before anything is stored."""

import pytest

from models_runner.importing.drafts.corrections import Corrections, corrected
from models_runner.importing.records import ImportedRecord
from models_runner.models import Document
from tests.models_runner.web.importing import (  # noqa: F401  (fixtures)
    PASTED,
    TABLE,
    VTT,
    draft_of,
    page_of,
    send,
    shown,
    upload,
    uploads,
)
from tests.people import researcher

pytestmark = pytest.mark.django_db


def test_speakers_are_corrected_before_it_is_stored():
    draft = draft_of(upload(pasted=PASTED + "Venue: the hall.\nVenue: the garden.\n", pasted_name="opening"))
    assert page_of(draft).context["preview"].speakers["Ana Ruiz"] == 2
    found = list(page_of(draft).context["preview"].speakers)
    renamed = ["" if name == "Venue" else name.replace("Ruiz", "Ruiz-Vega") for name in found]
    send(draft, "correct", speaker=found, speaker_name=renamed)
    page = page_of(draft)
    assert "Ana Ruiz-Vega" in page.content.decode()
    assert list(page.context["preview"].speakers) == found  # what was found stays, so that it can be corrected again
    draft.refresh_from_db()
    send(draft, speaker=found, speaker_name=renamed)
    turns = Document.objects.get().transcript.turns
    assert {turn["speaker"] for turn in turns} <= {"Ana Ruiz-Vega", "Ben Ode", ""}
    assert any(turn["speaker"] == "Ana Ruiz-Vega" for turn in turns)
    assert "Venue" not in [turn["speaker"] for turn in turns]
    assert any("the hall." in turn["content"] for turn in turns)


def test_corrections_keep_what_was_said():
    turns = [{"speaker": "Note", "content": "It rains."}, {"speaker": "A", "content": "Yes.", "start": 3}]
    record = ImportedRecord("m", turns, turns, "en")
    (changed,) = corrected([record], Corrections({"Note": "", "A": "Ana"}))
    assert changed.turns == [
        {"speaker": "", "content": "Note: It rains."},
        {"speaker": "Ana", "content": "Yes.", "start": 3},
    ]
    assert corrected([record], Corrections({}, ["m"])) == []
    assert record.turns == turns


def test_documents_are_left_out():
    draft = draft_of(upload(("one.vtt", VTT), ("two.vtt", VTT)))
    send(draft, leave_out=["two"])
    assert [document.external_id for document in Document.objects.all()] == ["one"]


def test_ids_and_titles_are_corrected():
    draft = draft_of(upload(("one.vtt", VTT), ("two.vtt", VTT)))
    send(draft, "correct", document=shown(draft), document_id=["opening", "two"], document_title=["The hall opens", ""])
    page = page_of(draft).content.decode()
    assert 'value="opening"' in page
    assert 'value="The hall opens"' in page
    draft.refresh_from_db()
    send(draft, document=shown(draft), document_id=["opening", "second"], document_title=["The hall opens", ""])
    assert list(Document.objects.order_by("position").values_list("external_id", "title")) == [
        ("opening", "The hall opens"),
        ("second", ""),
    ]


def test_files_of_one_name_are_told_apart():
    draft = draft_of(upload(("transcript.vtt", VTT), ("transcript.vtt", VTT.replace("Monday", "Friday"))))
    page = page_of(draft)
    assert "Give one of them another, or leave it out" in page.content.decode()
    first = shown(draft)
    send(draft, "correct", document=first, document_id=["monday", ""], document_title=["", ""])
    draft.refresh_from_db()
    assert page_of(draft).context["problems"] == []
    second_place = page_of(draft).context["documents"][1].place
    send(draft, "correct", leave_out=[second_place])
    draft.refresh_from_db()
    page = page_of(draft)
    assert [document.record.id for document in page.context["documents"]] == ["monday"]
    assert "left out" in page.content.decode()
    send(draft, leave_out=[second_place])
    assert "Monday" in Document.objects.get(external_id="monday").transcript.turns[0]["content"]


def test_what_was_only_shown_is_no_correction():
    """Another map of columns gives other ids, which the ids of before must not hide."""
    draft = draft_of(upload(("talks.csv", TABLE), map="transcript=talk", missing="empty"))
    before = shown(draft)
    ids = [document.record.id for document in page_of(draft).context["documents"]]
    assert ids == ["talks-1", "talks-2"]
    mapped = {"map": "id=nr\ntranscript=talk", "missing": "empty"}
    send(draft, "correct", document=before, document_id=ids, document_title=["", "Pay"], **mapped)
    documents = page_of(draft).context["documents"]
    assert [(document.record.id, document.record.title) for document in documents] == [("m1", ""), ("m2", "Pay")]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"document_id": ["x" * 201]}, "the id has 201 characters; at most 200 are allowed"),
        ({"document_title": ["x" * 301]}, "the title has 301 characters; at most 300 are allowed"),
        ({"document_id": ["\u200b"]}, "nobody can see the id"),
    ],
)
def test_a_correction_that_cannot_be_stored_is_told(values, message):
    draft = draft_of(upload(("one.vtt", VTT)))
    fields = {"document": shown(draft), "document_id": ["one"], "document_title": [""]} | values
    send(draft, "correct", **fields)
    assert message in page_of(draft).content.decode()
    draft.refresh_from_db()
    send(draft, **fields)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"document_id": ["a\x00b"]},
        {"document_title": ["a\x00b"]},
        {"speaker": ["Maya"], "speaker_name": ["Ma\x00ya"]},
        {"leave_out": ["a\x00b"]},
        {"document": ['["\\ud800", "", ""]']},
    ],
)
def test_a_correction_that_no_database_keeps_is_told_at_once(values):
    draft, client = draft_of(upload(("one.vtt", VTT))), researcher()
    before = draft.corrections
    fields = {"document": shown(draft), "document_id": ["one"], "document_title": [""]} | values
    for do in ("correct", "import"):
        assert send(draft, do, client=client, **fields).status_code == 302
        page = client.get(draft.get_absolute_url()).content.decode()
        assert "NUL character" in page or "half a character" in page
    draft.refresh_from_db()
    assert draft.corrections == before
    assert not Document.objects.exists()
