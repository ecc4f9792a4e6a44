import pytest

from models_runner.models import MetricSignature, Query, Score, Summary
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, RunFactory, SummaryFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db


def test_the_list_of_datasets_asks_the_same_queries_for_any_number(django_assert_num_queries):
    for _ in range(3):
        DocumentFactory(dataset=DatasetFactory())
    client = researcher()
    queries = ["session", "user", "number of datasets", "datasets with their numbers of documents"]
    with django_assert_num_queries(len(queries)):
        client.get("/datasets/")


def test_a_dataset_asks_the_same_queries_for_any_number_of_documents_and_runs(django_assert_num_queries):
    dataset = DatasetFactory()
    runs = [RunFactory(dataset=dataset) for _ in range(3)]
    for _ in range(4):
        document = DocumentFactory(dataset=dataset)
        for run in runs:
            SummaryFactory(run=run, document=document)
    client = researcher()
    queries = ["session", "user", "dataset", "number of documents", "documents", "runs", "progress of the runs"]
    with django_assert_num_queries(len(queries)) as captured:
        client.get(f"/datasets/{dataset.name}/")
    assert not any("original_turns" in (query["sql"] or "") for query in captured)


def test_a_dataset_shows_what_each_document_has():
    dataset = DatasetFactory()
    bare, full = DocumentFactory(dataset=dataset), DocumentFactory(dataset=dataset)
    ReferenceFactory(document=full)
    for _ in range(2):
        SummaryFactory(run__dataset=dataset, document=full)
    SummaryFactory(run__dataset=dataset, document=full, status=Summary.Status.PENDING, text="", stop_reason="")
    rows = {document: document for document in researcher().get(f"/datasets/{dataset.name}/").context["page"]}
    assert (rows[full].has_references, rows[full].summary_count) == (True, 2)
    assert (rows[bare].has_references, rows[bare].summary_count) == (False, None)


def test_documents_come_in_pages_of_fifty():
    dataset = DatasetFactory()
    documents = [DocumentFactory(dataset=dataset) for _ in range(51)]
    client = researcher()
    first, second = (client.get(f"/datasets/{dataset.name}/?page={n}").content.decode() for n in (1, 2))
    assert f">{documents[49].external_id}<" in first
    assert f">{documents[50].external_id}<" not in first
    assert f">{documents[50].external_id}<" in second


def test_a_document_shows_its_turns_cleaned_or_as_imported():
    document = DocumentFactory()
    document.transcript.original_turns = [{"speaker": "Maya", "content": "We ship {vocalsound} on Friday."}]
    document.transcript.save()
    client = researcher()
    assert "{vocalsound}" not in client.get(f"/documents/{document.pk}/").content.decode()
    assert "{vocalsound}" in client.get(f"/documents/{document.pk}/?turns=original").content.decode()


def test_a_speaker_keeps_one_colour():
    document = DocumentFactory()
    turns = researcher().get(f"/documents/{document.pk}/").context["turns"]
    assert [(turn.speaker, turn.colour) for turn in turns] == [("Maya", 1), ("Leo", 2), ("Maya", 1)]


def test_a_document_flags_cut_inputs_cut_outputs_empty_texts_and_failures():
    document = DocumentFactory()
    common = {"document": document, "run__dataset": document.dataset}
    SummaryFactory(**common, dropped_tokens=7212)
    SummaryFactory(**common, stop_reason="length")
    SummaryFactory(**common, stop_reason="empty", text="")
    SummaryFactory(**common, status="failed", failure_reason="The endpoint is down.", text="", stop_reason="")
    html = researcher().get(f"/documents/{document.pk}/").content.decode()
    for shown in ("input cut: 7,212 tokens left out", ">output cut<", ">empty<", "Failed: The endpoint is down."):
        assert html.count(shown) == 1


def test_an_undefined_score_is_a_dash_with_its_reason():
    summary = SummaryFactory()
    signature = MetricSignature.objects.create(metric="rouge", text="rouge|v1")
    Score.objects.create(summary=summary, signature=signature, name="rouge1", reason="the document has no reference")
    html = researcher().get(f"/documents/{summary.document_id}/").content.decode()
    assert "<dt>ROUGE-1</dt><dd>—</dd>" in html
    assert "ROUGE-1: the document has no reference" in html


def test_a_document_asks_the_same_queries_for_any_number_of_summaries(django_assert_num_queries):
    document = DocumentFactory()
    Query.objects.create(document=document, position=0, text="What did Leo say?")
    ReferenceFactory(document=document)
    signature = MetricSignature.objects.create(metric="rouge", text="rouge|v1")
    for _ in range(3):
        summary = SummaryFactory(document=document, run__dataset=document.dataset)
        Score.objects.create(summary=summary, signature=signature, name="rouge1", value=0.5)
    client = researcher()
    queries = [
        "session",
        "user",
        "document with transcript",
        "who the visitor is in studies",
        "the same, for what they are shown",
        "references",
        "queries",
        "summaries",
        "scores",
        "signatures",
    ]
    with django_assert_num_queries(len(queries)):
        client.get(f"/documents/{document.pk}/")


def test_a_document_shows_when_a_turn_began_if_the_import_knew():
    document = DocumentFactory(
        transcript=[{"speaker": "Maya", "content": "Hello.", "start": 3725.5}, {"speaker": "Li", "content": "Yes."}]
    )
    html = researcher().get(f"/documents/{document.pk}/").content.decode()
    assert html.count("turn-start") == 1
    assert '<span class="turn-start">1:02:05</span>' in html


def test_text_of_a_transcript_is_never_markup():
    document = DocumentFactory(transcript=[{"speaker": "<b>Maya</b>", "content": "<script>alert(1)</script>"}])
    html = researcher().get(f"/documents/{document.pk}/").content.decode()
    assert "<script>alert" not in html
    assert "<b>Maya" not in html
