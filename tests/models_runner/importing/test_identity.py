"""Ids, queries and names that look the same are the same, however they are written."""

import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from models_runner.importing.documents import import_path
from models_runner.importing.records import DatasetImportError
from models_runner.models import Dataset, Document, Query, Reference, Run, Summary
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database]

COMPOSED, DECOMPOSED = "r\u00e9union-1", "re\u0301union-1"
LOOK_ALIKE = [COMPOSED, DECOMPOSED, f" {COMPOSED}", f"{DECOMPOSED}\u00a0"]


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def write(tmp_path):
    def write(*rows, name="rows.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def record(name=COMPOSED, **fields):
    return {"id": name, "transcript": "Maya: bonjour à tous"} | fields


def load(path, **options):
    call_command("import_dataset", path, **{"name": "meetings", "format": "jsonl"} | options)


class TestDocuments:
    @pytest.mark.parametrize("stored", LOOK_ALIKE)
    @pytest.mark.parametrize("given", LOOK_ALIKE)
    def test_the_same_document_in_another_spelling_adds_nothing(self, write, stored, given):
        load(write(record(stored)))
        load(write(record(given)))
        assert Document.objects.get().external_id == stored

    def test_two_spellings_in_one_file_are_one_id_used_twice(self, write):
        with pytest.raises(CommandError, match=r"line 2: the id .* was used before, in rows.jsonl, line 1"):
            load(write(record(COMPOSED), record(DECOMPOSED)))
        assert not Dataset.objects.exists()

    def test_other_content_under_another_spelling_is_refused(self, write):
        load(write(record(COMPOSED)))
        with pytest.raises(CommandError, match="with other content"):
            load(write(record(DECOMPOSED, transcript="Maya: something else")))

    def test_an_earlier_version_may_have_stored_both_spellings(self, write):
        dataset = DatasetFactory(name="meetings")
        turns = [{"speaker": "Maya", "content": "bonjour à tous"}]
        for name in (COMPOSED, DECOMPOSED):
            DocumentFactory(dataset=dataset, external_id=name, transcript=turns)
        load(write(record(COMPOSED), record(DECOMPOSED)))
        assert dataset.documents.count() == 2
        with pytest.raises(CommandError, match="may be any of 2 that look the same"):
            load(write(record(f"{COMPOSED} ")))

    def test_queries_and_split_and_language_are_compared_by_what_they_mean(self, write):
        load(write(record(queries=[{"query": "D\u00e9cision ? "}], language="EN_us")), split="train")
        load(write(record(queries=[{"query": "De\u0301cision ?"}], language="American English")), split=" train")
        load(write(record(queries=[{"query": "De\u0301cision ?"}], language="en-US")))
        assert (Query.objects.get().text, Document.objects.get().language) == ("Décision ? ", "en-US")
        with pytest.raises(CommandError, match="with other content"):
            load(write(record(queries=[{"query": "De\u0301cision ?"}], language="en-US")), split="test")

    def test_a_language_that_nobody_knows_is_named_with_its_place(self, write):
        with pytest.raises(CommandError, match=r"rows.jsonl, line 2, field 'language': is 'jp', which is no language"):
            load(write(record("a"), record("b", language="jp")))
        with pytest.raises(CommandError, match=r"The language is 'gibberish', which is no language"):
            load(write(record("a")), language="gibberish")
        assert not Document.objects.exists()

    def test_names_of_data_sets_on_the_command_line(self, write):
        load(write(record()), name=" meetings ")
        call_command("export_dataset", dataset="meetings\u00a0", output=write(name="out.jsonl"))
        assert Dataset.objects.get().name == "meetings"


def stored_by_an_earlier_version(name):
    """A document as a version without normal forms stored it: the hash is that of the text as it was written."""
    dataset = DatasetFactory(name="meetings")
    document = DocumentFactory(
        dataset=dataset, external_id=name, transcript=[{"speaker": "Maya", "content": "bonjour"}]
    )
    Query.objects.create(document=document, position=0, text="Why? ")
    return document


class TestSummaries:
    def load(self, path, **options):
        call_command("import_summaries", path, dataset="meetings", system="theirs", **options)

    @pytest.mark.parametrize("stored", LOOK_ALIKE)
    def test_a_document_is_found_in_any_spelling(self, write, stored):
        document = stored_by_an_earlier_version(stored)
        for number, name in enumerate(LOOK_ALIKE):
            kind = ("long", "medium", "short")[number % 3]
            self.load(write({"document_id": name, "summary": "Maya greets.", "instruction": kind}))
        assert set(Summary.objects.values_list("document", flat=True)) == {document.pk}
        assert Summary.objects.count() == 3

    def test_two_spellings_are_one_document_summarized_twice(self, write):
        stored_by_an_earlier_version(COMPOSED)
        rows = [{"document_id": name, "summary": f"By {number}."} for number, name in enumerate(LOOK_ALIKE[:2])]
        with pytest.raises(CommandError, match=r"line 2: document .* was summarized before, in rows.jsonl, line 1"):
            self.load(write(*rows))
        assert not Run.objects.exists()

    def test_a_query_with_blanks_around_it_is_found(self, write):
        stored_by_an_earlier_version(DECOMPOSED)
        self.load(write({"document_id": COMPOSED, "query": "Why?", "summary": "Because."}), instruction="query")
        assert Summary.objects.get().query.text == "Why? "


MEETING = {
    "topic_list": [],
    "general_query_list": [{"query": "Summarize the whole meeting.", "answer": "The release moves to Tuesday."}],
    "specific_query_list": [
        {"query": "What did they decide about the date? ", "answer": "They ship on Tuesday."},
        {"query": "What was changed?", "answer": "The date moved."},
        {"query": "What was changed?", "answer": "Two days were added."},
    ],
    "meeting_transcripts": [
        {"speaker": "Maya", "content": "Shall we keep Friday?"},
        {"speaker": "Li", "content": "No."},
    ],
}


class TestTheSameQueryTwice:
    @pytest.fixture
    def dataset(self, tmp_path):
        (tmp_path / "ES9.json").write_text(json.dumps(MEETING))
        return import_path("meetings", tmp_path / "ES9.json", "qmsum").dataset

    def load(self, path):
        call_command("import_summaries", path, dataset="meetings", system="theirs", instruction="query")

    def test_each_has_its_own_answer(self, dataset):
        references = Reference.objects.exclude(query=None).order_by("query__position")
        assert list(references.values_list("query__position", "text")) == [
            (0, "They ship on Tuesday."),
            (1, "The date moved."),
            (2, "Two days were added."),
        ]

    def test_a_number_tells_them_apart(self, dataset, write):
        self.load(write(
            {"document_id": "ES9", "query": "What did they decide about the date?", "summary": "A."},
            {"document_id": "ES9", "query": "What was changed?", "query_number": 2, "summary": "B."},
            {"document_id": "ES9", "query_number": 3, "summary": "C."},
        ))  # fmt: skip
        assert list(Summary.objects.order_by("pk").values_list("query__position", "text")) == [
            (0, "A."),
            (1, "B."),
            (2, "C."),
        ]

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            (
                {"query": "What was changed?"},
                "field 'query': document 'ES9' has the query 'What was changed?' 2 times. Say which one by a field "
                "query_number: 2 or 3.",
            ),
            ({"query_number": 4}, "field 'query_number': document 'ES9' has 3 queries, so none of number 4."),
            ({"query_number": 0}, "field 'query_number': is 0; expected a whole number, 1 or more."),
            ({"query_number": True}, "field 'query_number': is True; expected a whole number"),
            ({"query_number": "two"}, "field 'query_number': is 'two'; expected a whole number"),
            (
                {"query": "What else?", "query_number": 2},
                "field 'query_number': query 2 of document 'ES9' is 'What was changed?', not 'What else?'",
            ),
            ({"query": "What else?"}, "field 'query': document 'ES9' has no query 'What else?'"),
            ({"query": " "}, "field 'query': is missing"),
        ],
    )
    def test_what_does_not_tell_which_is_refused(self, dataset, write, row, message):
        with pytest.raises(CommandError) as error:
            self.load(write({"document_id": "ES9", "summary": "x"} | row))
        assert f"rows.jsonl, line 1, {message}" in str(error.value)
        assert not Summary.objects.exists()

    def test_a_run_answers_both(self, dataset):
        from models_runner.runs.lifecycle import start_run

        run = start_run(SystemFactory(adapter="scripted"), dataset, instruction="query")
        assert list(run.summaries.order_by("query__position").values_list("query__position", flat=True)) == [0, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_store_one_of_two_spellings(write):
    """Each waits for the other, so that the second one sees what the first has stored."""
    DatasetFactory(name="meetings")
    paths = [write(record(name, transcript=f"Maya: {n}"), name=f"{n}.jsonl") for n, name in enumerate(LOOK_ALIKE[:2])]
    refused = []

    def run(path):
        try:
            import_path("meetings", path, "jsonl")
        except DatasetImportError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Document.objects.count() == 1
    assert len(refused) == 1
    # Whether the first was there when the second began, or came meanwhile.
    assert "with other content" in refused[0] or "came or went while this was imported" in refused[0]


def test_a_speaker_has_one_colour_in_every_spelling():
    from annotations.rating.page import _turns
    from models_runner.datasets.turns import shown_turns

    turns = [{"speaker": name, "content": "x"} for name in ("Ren\u00e9", "Maya", "Rene\u0301")]
    for shown in (shown_turns(turns), _turns(turns)):
        assert [turn.colour for turn in shown] == [1, 2, 1]
