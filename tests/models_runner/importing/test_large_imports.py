"""What is imported in batches: positions, counts, errors in any batch, and the spool in which records wait."""

import json
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import language
from models_runner.importing import documents
from models_runner.importing.documents import import_path
from models_runner.importing.records import DatasetImportError, ImportedQuery, ImportedRecord
from models_runner.importing.spool import RecordSpool
from models_runner.models import Dataset, Document


def record(number, text="Ana: Hello."):
    return {"id": f"m{number}", "transcript": text}


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(documents, "BATCH", 3)


def write(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.mark.django_db
@pytest.mark.usefixtures("small_batches")
class TestBatches:
    def test_positions_and_counts_run_through(self, tmp_path):
        first = import_path("a", write(tmp_path / "a.jsonl", map(record, range(8))))
        again = import_path("a", write(tmp_path / "b.jsonl", map(record, range(4, 12))))
        assert (first.added, first.unchanged, first.without_reference) == (8, 0, 8)
        assert (again.added, again.unchanged, again.without_reference) == (4, 4, 8)
        assert list(Document.objects.values_list("external_id", "position")) == [(f"m{n}", n) for n in range(12)]

    def test_terms_change_in_every_batch(self, tmp_path):
        import_path("a", write(tmp_path / "a.jsonl", map(record, range(8))))
        records = [record(n) | {"licence": "CC0"} for n in range(8)]
        assert import_path("a", write(tmp_path / "b.jsonl", records)).new_terms == 8

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (record(0), "line 9: the id 'm0' was used before, in b.jsonl, line 1"),
            (record(100, "Ana: Other."), "line 9: document 'm100' is in dataset a with other content"),
            (record(8) | {"language": "no such tongue"}, "line 9, field 'language'"),
            ({"id": "x"}, "line 9, field 'transcript': is missing"),
        ],
    )
    def test_an_error_in_the_last_batch_stores_nothing(self, tmp_path, bad, message):
        import_path("a", write(tmp_path / "a.jsonl", [record(100)]))
        with pytest.raises(DatasetImportError, match=message):
            import_path("a", write(tmp_path / "b.jsonl", [*map(record, range(8)), bad]))
        assert Document.objects.count() == 1

    def test_nothing_is_left_of_a_new_dataset(self, tmp_path):
        with pytest.raises(DatasetImportError):
            import_path("a", write(tmp_path / "a.jsonl", [*map(record, range(8)), record(0)]))
        assert not Dataset.objects.exists()


def test_a_spool_gives_back_what_it_took_also_from_the_disk(monkeypatch):
    monkeypatch.setattr("models_runner.importing.spool.IN_MEMORY", 10)
    made = [
        ImportedRecord(
            id=f"m{n}",
            turns=[{"speaker": "Ana", "content": "Hi.", "start": 0.5}],
            original_turns=[],
            language="en",
            queries=(ImportedQuery("Who?", ("Ana.",)),),
            metadata={"a": [1, None]},
        )
        for n in range(5)
    ]
    with RecordSpool() as spool:
        for one in made:
            spool.append(one)
        assert (len(spool), list(spool), list(spool)) == (5, made, made)
    assert tempfile.gettempdir()


def test_the_hash_of_a_record_with_everything_is_that_of_before():
    made = ImportedRecord(
        id="m1",
        turns=[{"speaker": "Maya", "content": "Grüße."}],
        original_turns=[{"speaker": "Maya", "content": "Grüße {gap} ."}],
        language="de",
        title="Stand-up",
        references=(("short", "Kurz."), ("", "Any.")),
        queries=(ImportedQuery("When?", ("Friday.", "On Friday.")), ImportedQuery("Who?")),
        metadata={"room": 3, "list": [1, {"a": None}]},
    )
    assert made.content_hash("val") == "60acd0c7e8420310a96f9b685369dd7df1ec267ab5241b00274c031d5582408e"


@given(st.text(alphabet=st.characters(max_codepoint=127)), st.sampled_from(["en", "tr", "zh", ""]))
def test_words_of_ascii_are_those_of_the_general_rule(text, code):
    text = text.replace("I", "i") if code == "tr" else text
    assert language.words(text, code) == language._WORD.findall(text.lower())
