"""Parts of a summary with values of their own: kept once, and shown where researchers read summaries."""

import pytest
from django.db import IntegrityError, transaction

from models_runner.models import MetricSignature, ScoredSpans
from models_runner.runs import lifecycle, scoring
from models_runner.runs.shown_summaries import MarkedPart, marked_parts
from tests.factories import DocumentFactory, SummaryFactory
from tests.people import administrator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def summary():
    made = SummaryFactory(document=DocumentFactory(), text="Maya ships on Friday. Rajesh said it costs **$48**.")
    (job,) = lifecycle.request_scores(made.run, ("entities",))
    scoring.work_on_scoring_job(job.pk, owner="host:1:1:1")
    return made


def test_mentions_are_kept_with_their_places(summary):
    spans = {row.name: row.spans for row in ScoredSpans.objects.filter(summary=summary)}
    assert [(summary.text[s["start"] : s["end"]], s["value"]) for s in spans["entity_precision"]] == [
        ("Maya", 1.0),
        ("Rajesh", 0.0),
    ]
    assert spans["number_precision"][-1] | {"start": 0, "end": 0} == {
        "start": 0,
        "end": 0,
        "value": 0.0,
        "kind": "number",
    }
    assert summary.scores.get(name="unsupported").value == 2


def test_scoring_again_keeps_one_row(summary):
    before = set(ScoredSpans.objects.values_list("pk", flat=True))
    (job,) = lifecycle.request_scores(summary.run, ("entities",))
    scoring.work_on_scoring_job(job.pk, owner="host:1:1:1")
    assert set(ScoredSpans.objects.values_list("pk", flat=True)) == before


def test_no_two_rows_of_one_value_and_signature(summary):
    row = ScoredSpans.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoredSpans.objects.create(summary=row.summary, signature=row.signature, name=row.name, spans=[])


def test_the_page_of_the_document_marks_what_the_transcript_does_not_have(summary):
    page = administrator().get(summary.document.get_absolute_url()).content.decode()
    assert '<mark class="unsupported" title="not in the transcript">Rajesh</mark>' in page
    assert '<mark class="unsupported" title="not in the transcript">48</mark>' in page
    assert ">Maya</mark>" not in page


def test_the_page_shows_the_newest_values_of_sentences(summary):
    for n, value in enumerate((0.25, 0.75)):
        signature = MetricSignature.objects.create(metric="nli", text=f"nli|{n}")
        span = {"start": 0, "end": 21, "value": value, "kind": "sentence"}
        ScoredSpans.objects.create(summary=summary, signature=signature, name="nli", spans=[span])
    page = administrator().get(summary.document.get_absolute_url()).content.decode()
    assert "Maya ships on Friday.</span>" in page
    assert "NLI: 0.750" in page and "NLI: 0.250" not in page


def test_parts_that_overlap_are_marked_once():
    spans = [{"start": 2, "end": 5, "kind": "name"}, {"start": 4, "end": 6, "kind": "number"}]
    assert marked_parts("abcdefg", spans) == [MarkedPart("ab"), MarkedPart("cde", "name"), MarkedPart("fg")]
    assert marked_parts("abc", []) == [MarkedPart("abc")]
    assert marked_parts("", []) == []
