"""Bad and huge files, through commands and through the API: refused by line and field with nothing stored, or taken."""

import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Judgement
from models_runner.models import Document, Summary
from tests.api.helpers import error_of, program
from tests.factories import DatasetFactory, DocumentFactory, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.database]

RECORD = {"id": "d1", "transcript": "Maya: hello there"}
SUMMARY = {"document_id": "d1", "system": "theirs", "summary": "Maya greets."}
DEEP = '{"a":' * 950 + "1" + "}" * 950
DEEPER = '{"a":' * 60_000 + "1" + "}" * 60_000


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def study():
    return make_study(systems=2, documents=1, slug="study")


@pytest.fixture
def dataset():
    dataset = DatasetFactory(name="meetings")
    DocumentFactory(dataset=dataset, external_id="d1")
    return dataset


class Door:
    """Sends a text to one of the importers: through its command, or through the API."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder

    def send(self, what, text, ending="jsonl"):
        if self.kind == "api":
            return self._upload(what, text, "application/json" if ending == "json" else "application/jsonl")
        path = self.folder / f"body.{ending}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        try:
            match what:
                case "documents":
                    call_command("import_dataset", path, name="new", format="jsonl")
                case "summaries":
                    call_command("import_summaries", path, dataset="meetings")
                case "votes":
                    call_command("import_ratings", path, study="study")
        except CommandError as error:
            return str(error)
        return ""

    def _upload(self, what, text, content_type):
        paths = {
            "documents": "/datasets/new/documents",
            "summaries": "/datasets/meetings/summaries",
            "votes": "/studies/study/votes",
        }
        answer = program().post(
            paths[what], text if isinstance(text, bytes) else text.encode(), content_type=content_type
        )
        if answer.status_code == 200:
            return ""
        assert answer.status_code in (400, 422), answer.content
        assert error_of(answer)["field"], answer.content
        return error_of(answer)["message"]


@pytest.fixture(params=["command", "api"])
def door(request, tmp_path):
    return Door(request.param, tmp_path)


def with_field(record, name, text):
    return json.dumps(record)[:-1] + f', "{name}": {text}}}'


BAD_NUMBERS = [
    ("1e999", "is a number beyond 1.8e308"),
    ("[1, -1e999]", "is a number beyond 1.8e308"),
    ("NaN", "NaN is no JSON value"),
    ("Infinity", "Infinity is no JSON value"),
    (DEEP, "nested too deeply: expected at most 100"),
    (DEEPER, "nested too deeply: expected at most 100"),
    ("[" * 5_000 + "]" * 5_000, "nested too deeply: expected at most 100"),
]


@pytest.mark.parametrize(("value", "message"), BAD_NUMBERS)
def test_values_that_cannot_be_stored_in_a_document(door, value, message):
    answer = door.send("documents", f"{json.dumps(RECORD)}\n{with_field(RECORD, 'metadata', value)}")
    assert "body.jsonl, line 2, field 'metadata" in answer
    assert message in answer
    assert not Document.objects.exists()


@pytest.mark.parametrize(("value", "message"), BAD_NUMBERS)
def test_values_that_cannot_be_stored_in_a_list(door, value, message):
    answer = door.send(
        "documents", f"[{json.dumps(RECORD)}, {with_field(RECORD | {'id': 'b'}, 'metadata', value)}]", "json"
    )
    assert "body.json, record 2, field 'metadata" in answer
    assert message in answer


@pytest.mark.parametrize(("value", "message"), BAD_NUMBERS)
def test_values_that_no_summary_has(door, dataset, value, message):
    answer = door.send("summaries", with_field(SUMMARY, "seconds", value))
    assert "body.jsonl, line 1, field 'seconds" in answer
    assert message in answer
    assert not Summary.objects.exists()


@pytest.mark.parametrize(("value", "message"), BAD_NUMBERS)
def test_values_that_no_vote_has(door, study, value, message):
    answer = door.send("votes", with_field({"document_id": "x", "judge": "j"}, "lead_time", value))
    assert "body.jsonl, line 1, field 'lead_time" in answer
    assert message in answer
    assert not Judgement.objects.exists()


@pytest.mark.parametrize(
    ("what", "row", "message"),
    [
        ("documents", {"metadata": {"\x00": 1}}, "field 'metadata.?': holds a NUL character"),
        ("documents", {"metadata": {"a": ["\ud800"]}}, "field 'metadata.a[1]': holds half a character"),
        ("documents", {"split": "x" * 51}, "field 'split': has 51 characters"),
        ("documents", {"split": 3}, "field 'split': is a number"),
        ("documents", {"language": "jp"}, "field 'language': is 'jp', which is no language"),
        ("documents", {"original_transcript": "x"}, "field 'original_transcript': is a text; expected a"),
        ("documents", {"references": {"any": [1]}}, "references, field 'any[1]': is a number"),
        ("summaries", {"query_number": 1}, "field 'query': is there, but the instruction is not query"),
        ("summaries", {"prompt_tokens": 10**400}, "field 'prompt_tokens': is 1000000"),
        ("summaries", {"parameters": 10**300}, "field 'parameters': is 1000000"),
        ("summaries", {"stop_reason": "tired"}, "field 'stop_reason': is 'tired'; expected one of: end, length"),
        ("summaries", {"stop_reason": "empty"}, "field 'stop_reason': is 'empty', but there is a summary"),
        ("summaries", {"trained_on_document": "maybe"}, "field 'trained_on_document': is 'maybe'; expected true or false"),
        ("summaries", {"trained_on_document": 2}, "field 'trained_on_document': is 2; expected true or false"),
        ("summaries", {"regime": "tiny"}, "field 'regime': is 'tiny'; expected one of: zero-shot"),
        ("summaries", {"split": []}, "field 'split': is a list; expected a text"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(door, dataset, what, row, message):
    answer = door.send(what, json.dumps((RECORD if what == "documents" else SUMMARY) | row))
    assert f"body.jsonl, line 1, {message}" in answer
    assert Document.objects.count() == 1
    assert not Summary.objects.exists()


def test_two_keys_of_one_name(door, dataset):
    text = '{"document_id": "d1", "system": "theirs", "summary": "first", "summary": "second"}'
    assert "body.jsonl, line 1: is not JSON: the key 'summary' is there twice" in door.send("summaries", text)


def test_words_for_nothing_are_words_in_json(door, dataset):
    rows = [RECORD | {"id": word, "references": [word], "title": word} for word in ("nan", "NULL", "None", "N/A")]
    assert door.send("documents", "\n".join(map(json.dumps, rows))) == ""
    assert Document.objects.filter(title__in=["nan", "NULL", "None", "N/A"], references__isnull=False).count() == 4


def test_a_line_of_a_megabyte_without_a_colon_or_with_a_thousand(door):
    texts = [
        "A" * 1_000_000,
        "Maya " * 200_000,
        "Maya: hello. " * 80_000,
        "Maya:" + " " * 1_000_000 + "x",
        ":" * 1_000_000,
    ]
    rows = [RECORD | {"id": str(n), "transcript": text} for n, text in enumerate(texts)]
    assert door.send("documents", "\n".join(map(json.dumps, rows))) == ""
    assert Document.objects.count() == len(texts)


def test_twenty_thousand_turns(door):
    turns = [{"speaker": f"Speaker {n % 7}", "content": f"Sentence {n} of the meeting."} for n in range(20_000)]
    assert door.send("documents", json.dumps(RECORD | {"transcript": turns})) == ""
    assert len(Document.objects.get().transcript.turns) == 20_000


def test_a_separator_inside_a_sentence_ends_no_line(door):
    assert door.send("documents", json.dumps(RECORD | {"transcript": "Maya: First\u2028second part.\nLi: Fine."})) == ""
    assert Document.objects.get().transcript.turns == [
        {"speaker": "Maya", "content": "First\u2028second part."},
        {"speaker": "Li", "content": "Fine."},
    ]


@pytest.mark.parametrize("text", ["\u200b", "\ufeff\u200d", " \n\u2060", "\u115f", "\u2800"])
def test_a_summary_that_nobody_can_see_is_empty(door, dataset, text):
    assert door.send("summaries", json.dumps(SUMMARY | {"summary": text})) == ""
    assert list(Summary.objects.values_list("text", "stop_reason")) == [("", "empty")]


def test_the_same_text_in_a_table_is_refused(dataset, tmp_path):
    (tmp_path / "s.csv").write_text("document_id,system,summary\nd1,theirs,\u200b\n")
    with pytest.raises(CommandError, match="line 2, field 'summary': is missing"):
        call_command("import_summaries", tmp_path / "s.csv", dataset="meetings")


class TestTables:
    """CSV goes through commands; the API takes JSON alone and says so."""

    def summaries(self, tmp_path, text, name="s.csv"):
        (tmp_path / name).write_text(text, newline="")
        call_command("import_summaries", tmp_path / name, dataset="meetings")

    def test_the_api_names_what_it_takes(self, dataset):
        answer = program().post("/datasets/meetings/summaries", b"document_id,summary\n", content_type="text/csv")
        assert (answer.status_code, error_of(answer)["code"]) == (415, "unknown_type")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("document_id,system,summary,summary\nd1,a,x,y\n", r"header: columns 3 and 4 are both named 'summary'"),
            ("document_id,system,summary, summary\nd1,a,x,y\n", r"header: columns 3 and 4 are both named 'summary'"),
            ("document_id,system,summary\nd1,a\n", "line 2: has not as many cells"),
            ('document_id,system,summary\nd1,a,"open\n', "is not CSV"),
            ("document_id,system,summary\nd1,a,x\x00\n", "holds NUL characters"),
        ],
    )
    def test_what_is_wrong_with_a_table(self, dataset, tmp_path, text, message):
        with pytest.raises(CommandError, match=message):
            self.summaries(tmp_path, text)
        assert not Summary.objects.exists()

    @pytest.mark.parametrize("word", ["nan", "NaN", " NULL ", "None", "N/A", "#N/A", "na", "<NA>", "null", "-nan"])
    def test_a_cell_that_programs_write_for_nothing_is_refused(self, dataset, tmp_path, word):
        with pytest.raises(
            CommandError, match=r"s.csv, line 2, field 'summary': is '.*', which programs write into an empty"
        ):
            self.summaries(tmp_path, f"document_id,system,summary\nd1,theirs,{word}\n")
        with pytest.raises(
            CommandError, match=r"d.csv, line 2, field 'reference': is '.*', which programs write into an empty"
        ):
            (tmp_path / "d.csv").write_text(f"id,transcript,reference\na,Maya: hello there,{word}\n")
            call_command("import_dataset", tmp_path / "d.csv", name="new", format="csv")
        assert not Summary.objects.exists()
        assert Document.objects.count() == 1

    def test_a_word_that_is_meant_is_marked(self, dataset, tmp_path):
        self.summaries(tmp_path, "document_id,system,summary\nd1,theirs,'nan\n")
        assert Summary.objects.get().text == "nan"
        (tmp_path / "d.csv").write_text("id,transcript,reference\na,'-ish: hello there,'N/A\n")
        call_command("import_dataset", tmp_path / "d.csv", name="new", format="csv")
        document = Document.objects.get(external_id="a")
        assert document.references.get().text == "N/A"
        assert document.transcript.text == "'-ish: hello there"  # what a spreadsheet would run is a text here

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_a_cell_of_140_000_characters(self, dataset, tmp_path, delimiter):
        rows = [("document_id", "system", "summary"), ("d1", "theirs", "x" * 140_000)]
        self.summaries(tmp_path, "\r\n".join(map(delimiter.join, rows)))
        assert len(Summary.objects.get().text) == 140_000

    def test_hidden_files_of_macos_are_passed_over(self, tmp_path):
        (tmp_path / "a.jsonl").write_text(json.dumps(RECORD))
        for name in ("._a.jsonl", ".DS_Store", ".hidden.jsonl"):
            (tmp_path / name).write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff")
        call_command("import_dataset", tmp_path, name="new", format="jsonl")
        assert Document.objects.count() == 1
        with pytest.raises(CommandError, match=r"\._a.jsonl: is a hidden file of macOS and holds no text"):
            call_command("import_dataset", tmp_path / "._a.jsonl", name="new", format="jsonl")
