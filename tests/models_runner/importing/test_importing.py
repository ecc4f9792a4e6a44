"""Imports: what each format becomes, and that a wrong record imports nothing and is named."""

import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from models_runner.importing import jsonl
from models_runner.importing.cleaning import clean_text, clean_turns
from models_runner.importing.records import ImportedRecord, RecordError
from models_runner.importing.sample import import_sample
from models_runner.models import Dataset, Document, Query, Reference

RECORD = {
    "id": "m1",
    "transcript": [{"speaker": "Maya", "content": "We ship on Friday."}],
    "references": ["Ship Friday."],
}
QMSUM = {
    "topic_list": [{"topic": "Design", "relevant_text_span": [["0", "2"]]}],
    "general_query_list": [
        {"query": "Summarize the whole meeting.", "answer": "They chose a button."},
        {"query": "Who was there?", "answer": "Maya and Leo."},
    ],
    "specific_query_list": [{"query": "Which colour?", "answer": "Yellow.", "relevant_text_span": [["1", "1"]]}],
    "meeting_transcripts": [
        {"speaker": "Maya", "content": "So {disfmarker} we need a button , it 's late ."},
        {"speaker": "Leo", "content": "{vocalsound}"},
    ],
}


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def run(path, kind="jsonl", **options):
    call_command("import_dataset", path, name="meetings", format=kind, **options)


def refused(path, kind="jsonl", **options):
    """The message of an import that is refused and leaves nothing."""
    with pytest.raises(CommandError) as error:
        run(path, kind, **options)
    assert not Document.objects.exclude(external_id="kept").exists()
    assert "Nothing was imported" in str(error.value)
    return str(error.value)


class TestCleaning:
    @pytest.mark.parametrize(
        ("original", "cleaned"),
        [
            ("So {disfmarker} we start .", "So we start."),
            ("{vocalsound} Yes , it 's 3 . 5 {gap} metres", "Yes, it's 3. 5 metres"),
            ("What ? ! No : yes ;", "What?! No: yes;"),
            ("They don 't  {pause}  know", "They don't know"),
            ("[Laughter.] uh yes", "[Laughter.] uh yes"),
            ("{not a marker} {Upper}", "{not a marker} {Upper}"),
        ],
    )
    def test_markers_go_and_speech_stays(self, original, cleaned):
        assert clean_text(original) == cleaned

    def test_turns_without_words_are_dropped(self):
        turns = [{"speaker": "A", "content": text} for text in ("{vocalsound}", "Yes .", "{gap} .")]
        assert clean_turns(turns) == [{"speaker": "A", "content": "Yes."}]


@pytest.mark.django_db
class TestQmsum:
    def test_a_meeting_with_its_queries(self, tmp_path):
        write(tmp_path / "ES1.json", QMSUM)
        run(tmp_path, "qmsum", split="val")
        document = Document.objects.get()
        assert (document.external_id, document.split, document.language) == ("ES1", "val", "en")
        assert document.transcript.turns == [{"speaker": "Maya", "content": "So we need a button, it's late."}]
        assert document.transcript.original_turns == QMSUM["meeting_transcripts"]
        assert list(Reference.objects.filter(query=None).values_list("instruction", "text")) == [
            ("", "They chose a button.")
        ]
        answers = Query.objects.values_list("text", "references__text")
        assert list(answers) == [("Who was there?", "Maya and Leo."), ("Which colour?", "Yellow.")]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"meeting_transcripts": []}, "ES1.json, field 'meeting_transcripts': is empty"),
            ({"meeting_transcripts": None}, "field 'meeting_transcripts': is null"),
            ({"meeting_transcripts": [{"speaker": "A"}]}, "meeting_transcripts[1], field 'content': is missing"),
            ({"meeting_transcripts": [{"content": "{gap}"}]}, "noise markers only"),
            ({"general_query_list": [{"answer": "x"}]}, "general_query_list[1], field 'query': is missing"),
            ({"extra": 1}, "field 'extra': is not known"),
        ],
    )
    def test_a_wrong_field_is_named(self, tmp_path, change, message):
        write(tmp_path / "ES0.json", QMSUM)
        write(tmp_path / "ES1.json", QMSUM | change)
        assert message in refused(tmp_path, "qmsum")


@pytest.mark.django_db
class TestJsonLines:
    def test_all_fields(self, tmp_path):
        record = RECORD | {
            "title": "Stand-up", "language": "de", "metadata": {"room": 3},
            "references": {"short": "Kurz.", "long": "Lang."},
            "queries": [{"query": "When?", "references": ["Friday.", "On Friday."]}],
        }  # fmt: skip
        run(write(tmp_path / "a.jsonl", record))
        document = Document.objects.get()
        assert (document.title, document.language, document.metadata) == ("Stand-up", "de", {"room": 3})
        assert set(Reference.objects.values_list("instruction", "text")) == {
            ("short", "Kurz."), ("long", "Lang."), ("query", "Friday."), ("query", "On Friday."),
        }  # fmt: skip

    def test_a_text_becomes_turns(self, tmp_path):
        text = "Maya: We ship.\nnote: this is no speaker\n\nLeo B.: Good: on Friday\n林悦：周五发布"
        run(write(tmp_path / "a.jsonl", RECORD | {"transcript": text}))
        assert Document.objects.get().transcript.turns == [
            {"speaker": "Maya", "content": "We ship."},
            {"speaker": "", "content": "note: this is no speaker"},
            {"speaker": "Leo B.", "content": "Good: on Friday"},
            {"speaker": "林悦", "content": "周五发布"},
        ]

    def test_a_turn_keeps_its_start_and_one_without_stays_as_it_was(self, tmp_path):
        turns = [{"speaker": "Maya", "content": "Hi.", "start": 3.5}, {"speaker": "Li", "content": "Yes."}]
        run(write(tmp_path / "a.jsonl", RECORD | {"transcript": turns}))
        assert Document.objects.get().transcript.turns == turns

    def test_the_hash_of_a_document_without_times_is_that_of_before(self):
        record = jsonl.read_record(RECORD, "here", "en")
        assert record.content_hash("") == "1dc9bbcf4196d0b6d6fa1fe488c5de2b9a004cdb4bc4eaabd2d1779c47a9e7dd"

    def test_missing_references_are_allowed_and_counted(self, tmp_path, capsys):
        run(write(tmp_path / "a.jsonl", {k: v for k, v in RECORD.items() if k != "references"}))
        assert "1 of them have no reference" in capsys.readouterr().out

    def test_the_same_file_twice_adds_nothing(self, tmp_path, capsys):
        path = write(tmp_path / "a.jsonl", RECORD, RECORD | {"id": "m2"})
        run(path)
        run(path)
        assert Document.objects.count() == 2
        assert "0 documents added, 2 already there" in capsys.readouterr().out

    def test_a_second_file_goes_on_after_the_first(self, tmp_path):
        run(write(tmp_path / "a.jsonl", RECORD))
        run(write(tmp_path / "b.jsonl", RECORD | {"id": "m2"}))
        assert list(Document.objects.values_list("external_id", "position")) == [("m1", 0), ("m2", 1)]

    def test_changed_content_under_a_known_id_is_an_error(self, tmp_path):
        run(write(tmp_path / "a.jsonl", RECORD))
        with pytest.raises(
            CommandError, match=r"b.jsonl, line 2: document 'm1' is in dataset meetings with other content"
        ):
            run(write(tmp_path / "b.jsonl", RECORD | {"id": "new"}, RECORD | {"references": ["Other."]}))
        assert Document.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"id": None}, "field 'id': is missing"),
            ({"id": 7}, "field 'id': is a number; expected a text"),
            ({"id": " "}, "field 'id': is empty"),
            ({"id": "x" * 201}, "field 'id': has 201 characters"),
            ({"transcript": None}, "field 'transcript': is missing"),
            ({"transcript": " \n "}, "field 'transcript': is empty"),
            ({"transcript": 5}, "field 'transcript': is a number"),
            ({"transcript": [{"content": ""}]}, "field 'transcript': is empty"),
            ({"transcript": [{"speaker": 1, "content": "x"}]}, "transcript[1], field 'speaker': is a number"),
            ({"transcript": [{"content": "x", "start": -1}]}, "transcript[1], field 'start': is -1; expected seconds"),
            ({"transcript": [{"content": "x", "start": True}]}, "field 'start': is True; expected seconds"),
            ({"transcript": [{"content": "x", "start": "0:03"}]}, "field 'start': is '0:03'; expected seconds"),
            ({"transcript": ["x"]}, "field 'transcript[1]': is a text; expected an object"),
            ({"transcript": "a\x00b"}, "field 'transcript': holds a NUL character"),
            ({"transcript": "a\ud800b"}, "field 'transcript': holds half a character"),
            ({"references": "x"}, "field 'references': is a text; expected a list"),
            ({"references": [1]}, "field 'references[1]': is a number"),
            ({"references": {"tiny": "x"}}, "references, field 'tiny': is not known"),
            ({"references": {"short": ""}}, "references, field 'short': is empty"),
            ({"metadata": []}, "field 'metadata': is a list"),
            ({"metadata": {"a": "\x00"}}, "field 'metadata.a': holds a NUL"),
            ({"language": 3}, "field 'language': is a number"),
            ({"queries": [{}]}, "queries[1], field 'query': is missing"),
            ({"colour": "red"}, "field 'colour': is not known. Expected only: id, transcript"),
        ],
    )  # fmt: skip
    def test_a_wrong_field_is_named_with_its_line(self, tmp_path, change, message):
        path = write(tmp_path / "a.jsonl", RECORD | {"id": "good"}, RECORD | change)
        answer = refused(path)
        assert "a.jsonl, line 2" in answer
        assert message in answer

    def test_every_wrong_record_is_named_at_once(self, tmp_path):
        answer = refused(write(tmp_path / "a.jsonl", RECORD | {"id": 1}, RECORD, RECORD | {"id": 2}))
        assert "line 1" in answer
        assert "line 3" in answer

    def test_an_id_used_twice_names_both_places(self, tmp_path):
        answer = refused(write(tmp_path / "a.jsonl", RECORD, RECORD))
        assert "a.jsonl, line 2: the id 'm1' was used before, in a.jsonl, line 1" in answer

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "line 1: is not JSON"),
            ("[1]", "line 1: is no object"),
            ('{"id": "a", "id": "b"}', "the key 'id' is there twice"),
            ('{"id": NaN}', "NaN is no JSON value"),
            ("[" * 100_000, "a.jsonl, line 1"),
            ("", "no records to import"),
        ],
    )
    def test_what_is_not_a_record_is_named(self, tmp_path, text, message):
        (tmp_path / "a.jsonl").write_text(text)
        assert message in refused(tmp_path / "a.jsonl")

    def test_a_json_file_holds_one_record_or_a_list(self, tmp_path):
        (tmp_path / "a.json").write_text(json.dumps([RECORD, RECORD | {"id": "m2"}]))
        (tmp_path / "b.json").write_text(json.dumps(RECORD | {"id": "m3"}, indent=1))
        run(tmp_path)
        assert Document.objects.count() == 3

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*jsonl.KNOWN, "speaker", "content", "query", "x"]), inner, max_size=6)
    ), max_leaves=12))  # fmt: skip
    def test_any_json_value_is_a_record_or_a_named_error(self, value):
        try:
            made = jsonl.read_record(value, "here", "en")
        except RecordError as error:
            assert str(error).startswith("here")
        else:
            assert isinstance(made, ImportedRecord)


@pytest.mark.django_db
class TestCsv:
    def table(self, path, text, encoding="utf-8"):
        path.write_bytes(text.encode(encoding))
        return path

    def test_columns(self, tmp_path):
        text = 'id,transcript,reference_short,language\nm1,"Maya: Hi, all.\nLeo: Yes.",Greetings.,en\nm2,Hello.,,fr\n'
        run(self.table(tmp_path / "a.csv", text, "utf-8-sig"), "csv")
        assert list(Document.objects.values_list("external_id", "language")) == [("m1", "en"), ("m2", "fr")]
        assert Document.objects.first().transcript.turns[1] == {"speaker": "Leo", "content": "Yes."}
        assert Reference.objects.get().instruction == "short"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("id,text\nm1,x\n", "header: column 'text' is not known"),
            ("id\nm1\n", "header: column 'transcript' is missing"),
            ("id,id,transcript\n", "columns 1 and 2 are both named 'id'"),
            ("id,transcript\nm1\n", "line 2: has 1 cells; the header has 2 columns"),
            ("id,transcript\nm1,\n", "line 2, field 'transcript': is empty"),
            ('id,transcript\nm1,"open\n', "is not CSV"),
            ("id,transcript,reference,reference_long\nm1,x,a,b\n", "use one kind"),
            ("", "column 'id' is missing"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path, text, message):
        assert message in refused(self.table(tmp_path / "a.csv", text), "csv")


@pytest.mark.django_db
class TestFiles:
    def test_another_encoding_is_named_and_not_guessed(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_bytes(json.dumps(RECORD).encode() + b'\n{"id": "caf\xe9"}')
        answer = refused(path)
        assert "a.jsonl: is not UTF-8: byte" in answer
        assert "(line 2) is 0xe9" in answer
        assert "iconv" in answer

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
    def test_a_byte_order_mark_tells_the_encoding(self, tmp_path, encoding):
        path = tmp_path / "a.jsonl"
        path.write_bytes(json.dumps(RECORD).encode(encoding))
        assert f"is {encoding.upper()}; expected UTF-8" in refused(path)

    def test_a_missing_path_and_an_empty_folder(self, tmp_path):
        assert "there is no such file or folder" in refused(tmp_path / "nothing")
        assert "the folder has no .json files" in refused(tmp_path, "qmsum")

    def test_a_dataset_name_that_is_none(self, tmp_path):
        path = write(tmp_path / "a.jsonl", RECORD)
        with pytest.raises(CommandError, match="expected letters, digits"):
            call_command("import_dataset", path, name="a b", format="jsonl")
        assert not Dataset.objects.exists()


@pytest.mark.django_db
class TestSample:
    def test_ten_meetings_with_three_references_each(self):
        result = import_sample()
        assert (result.added, result.without_reference) == (10, 0)
        assert sorted(Document.objects.values_list("language", flat=True)) == ["en"] * 8 + ["zh"] * 2
        assert set(Reference.objects.values_list("instruction", flat=True)) == {"long", "medium", "short"}
        assert Reference.objects.count() == 30

    def test_meetings_are_of_the_announced_size(self):
        import_sample()
        for document in Document.objects.all():
            speakers = {turn["speaker"] for turn in document.transcript.turns}
            assert 400 <= document.word_count <= 1500, document
            assert 3 <= len(speakers) <= 5, document
        assert len({document.metadata["kind"] for document in Document.objects.all()}) >= 8
