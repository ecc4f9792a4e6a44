"""Tables and records with columns of their own, and published data sets."""

import json

import pytest

from models_runner.importing.field_map.mapping import parse_map
from models_runner.importing.files import SourceFile
from models_runner.importing.preview import preview_import
from models_runner.importing.reading import ReadOptions
from models_runner.importing.records import RecordError
from tests.models_runner.importing.readers.tables import MAP, documents, lines
from tests.models_runner.importing.reading import preview, problem, read, said, turns


class TestDelimited:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("bom", ["", "\ufeff"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_any_delimiter_mark_and_line_end(self, delimiter, bom, end):
        rows = [["id", "transcript", "reference"], ["d1", '"Ana: Hello; all, of | you\nOmar: Bye"', "They greet."]]
        text = bom + end.join(delimiter.join(row) for row in rows) + end
        assert documents("a.csv", text) == [("d1", ["Ana", "Omar"], ["They greet."])]

    def test_excels_line_that_names_the_delimiter(self):
        assert documents("a.csv", "sep=;\nid;transcript\nd1;Ana: Hello.\n") == [("d1", ["Ana"], [])]

    def test_the_delimiter_is_said(self):
        assert "Its columns are parted by semicolons." in said(read("a.csv", "id;transcript\nd1;Ana: Hi.\n"))

    def test_windows_1252_is_named_and_asked_for(self):
        data = "id;transcript\nd1;Jürgen: Schöne Grüße aus Köln, es läuft für uns.\n".encode("cp1252")
        message = problem("a.csv", data)
        assert "a.csv: is not UTF-8: byte 18 (line 2) is 0xfc" in message
        assert "It may be WINDOWS-1252, in which it reads “…id;transcript d1;Jürgen" in message
        assert "--encoding windows-1252" in message
        assert documents("a.csv", data, encoding="windows-1252") == [("d1", ["Jürgen"], [])]

    def test_few_letters_of_western_europe_are_not_taken_for_another_machines(self):
        data = "id;transcript;reference\nm1;Müller: Grüße – ja.;Sie grüßen.\n".encode("cp1252")
        assert "It may be WINDOWS-1252, in which it reads “…cript;reference m1;Müller: Grüße" in problem("a.csv", data)

    @pytest.mark.parametrize(("encoding", "message"), [("klingon", "is no encoding that is known"), ("ascii", "is not ascii: byte 18")])  # fmt: skip
    def test_a_wrong_encoding_is_named(self, encoding, message):
        assert message in problem("a.csv", "id;transcript\nd1;Jürgen: Hi.\n".encode("cp1252"), encoding=encoding)

    def test_utf_16_is_read_if_it_is_said(self):
        data = "id\ttranscript\nd1\tAna: Hello.\n".encode("utf-16")
        assert "is UTF-16" in problem("a.csv", data)
        assert documents("a.csv", data, encoding="utf-16") == [("d1", ["Ana"], [])]

    @pytest.mark.parametrize("cell", ["nan", "NaN", "NULL", "None", "N/A", "<NA>"])
    def test_words_for_nothing_are_asked_about(self, cell):
        text = f"id,transcript,reference\na,Ana: Hello.,{cell}\n"
        assert f"a.csv, line 2, field 'reference': is {cell!r}, which programs write into an empty cell" in problem(
            "a.csv", text
        )
        assert documents("a.csv", text, missing="empty") == [("a", ["Ana"], [])]
        assert documents("a.csv", text, missing="text") == [("a", ["Ana"], [cell])]

    def test_an_apostrophe_marks_a_word_that_is_meant(self):
        assert documents("a.csv", "id,transcript,reference\na,Ana: Hello.,'nan\n") == [("a", ["Ana"], ["nan"])]
        assert documents("a.csv", "id,transcript,reference\na,Ana: Hello.,'-1 to us\n") == [
            ("a", ["Ana"], ["'-1 to us"])
        ]

    def test_a_word_for_nothing_in_json_is_a_text(self):
        assert documents(
            "a.jsonl", lines({"t": "Ana: Hi.", "r": "nan", "id": "a"}), "transcript=t", "reference=r", "id=id"
        ) == [("a", ["Ana"], ["nan"])]

    def test_a_column_named_twice_is_named(self):
        assert "columns 3 and 4 are both named 'r'" in problem("a.csv", "id,t,r,r\n1,Ana: Hi.,a,b\n", "transcript=t")

    def test_a_transcript_of_140000_characters(self):
        text = 'id,transcript\na,"' + "Ana: Hello all. \n" * 9_000 + '"\n'
        assert len(read("a.csv", text).documents[0].turns) == 9_000


class TestMap:
    def test_unknown_columns_are_listed_with_a_map_that_may_fit(self):
        message = problem("a.csv", "Model;Input;Gold;Hallucination \nm;Ana: Hi.;They greet.;0\n")
        assert "Columns are 'Model', 'Input', 'Gold', 'Hallucination'." in message
        assert "--map transcript=Input --map reference=Gold" in message

    def test_the_same_for_records(self):
        message = problem("a.jsonl", lines({"conversation": "Ana: Hi.", "target": "x", "n": 1}))
        assert "a.jsonl, line 1: columns are 'conversation', 'target', 'n'." in message
        assert "--map transcript=conversation --map reference=target" in message

    def test_columns_without_ids(self):
        text = "Talk;Gold;Other\nAna: Hi.;They greet.;1\nOmar: Bye.;He leaves.;2\n"
        assert documents("talks.csv", text, *MAP) == [
            ("talks-1", ["Ana"], ["They greet."]),
            ("talks-2", ["Omar"], ["He leaves."]),
        ]
        notes = said(read("talks.csv", text, *MAP))
        assert "No column holds ids; documents are named by file and row, such as 'talks-1'." in notes
        assert "Columns that were not taken over: 'Other'." in notes

    def test_every_field(self):
        row = {
            "key": 7,
            "name": "Weekly",
            "t": "Ana: Hi.",
            "long": "Long.",
            "short": "Short.",
            "lang": "de",
            "by": "CC0",
            "open": True,
            "city": {"name": "Alameda"},
        }
        (document,) = read("a.jsonl", lines(row), "id=key", "title=name", "transcript=t", "reference_long=long", "reference_short=short", "language=lang", "licence=by", "redistributable=open", "metadata.city=city.name").documents  # fmt: skip
        assert (document.id, document.title, document.language) == ("7", "Weekly", "de")
        assert document.references == (("long", "Long."), ("short", "Short."))
        assert (document.terms.licence, document.terms.redistributable) == ("CC0", True)
        assert document.metadata == {"city": "Alameda"}

    def test_nested_columns_and_lists(self):
        row = {
            "id": "a",
            "data": {"turns": [{"who": "x", "text": "Hi.", "name": "Ana", "start": "0:03"}]},
            "gold": [{"text": "One."}, {"text": "Two."}],
        }
        (document,) = read(
            "a.json", json.dumps([row]), "id=id", "transcript=data.turns", "reference=gold.text"
        ).documents
        assert document.turns == [{"speaker": "Ana", "content": "Hi.", "start": 3.0}]
        assert [text for _, text in document.references] == ["One.", "Two."]

    def test_queries(self):
        rows = [
            {"m": "a", "t": "Ana: Hi.", "q": q, "a": a}
            for q, a in (("Who?", "Ana."), ("Who?", "Ana only."), ("When?", "Now."))
        ]
        (document,) = read("a.jsonl", lines(*rows), "id=m", "transcript=t", "query=q", "reference=a").documents
        assert [(query.text, query.references) for query in document.queries] == [
            ("Who?", ("Ana.", "Ana only.")),
            ("When?", ("Now.",)),
        ]
        assert document.references == ()

    def test_rows_that_are_turns(self):
        text = "meeting,who,said,from\na,Ana,Hello.,0:03\na,Omar,Hi.,0:05\nb,Ana,Bye.,1.5\n"
        file = read("a.csv", text, "id=meeting", "speaker=who", "content=said", "start=from")
        assert [(d.id, d.turns) for d in file.documents] == [
            (
                "a",
                [
                    {"speaker": "Ana", "content": "Hello.", "start": 3.0},
                    {"speaker": "Omar", "content": "Hi.", "start": 5.0},
                ],
            ),
            ("b", [{"speaker": "Ana", "content": "Bye.", "start": 1.5}]),
        ]
        assert turns("talk.csv", "speaker,text,start\nAna,Hello.,0\n") == [("Ana", "Hello.", 0.0)]

    @pytest.mark.parametrize(
        ("pair", "message"),
        [
            ("transcript", "is no FIELD=COLUMN"), ("=x", "is no FIELD=COLUMN"), ("colour=x", "field 'colour' is not known. Expected one of: id,"),
            ("metadata.=x", "is not known"),
        ],
    )  # fmt: skip
    def test_a_map_that_is_none_is_named(self, pair, message):
        with pytest.raises(RecordError, match=message):
            parse_map([pair])

    def test_one_column_only_for_all_but_references(self):
        with pytest.raises(RecordError, match="mapped twice"):
            parse_map(["id=a", "id=b"])
        assert parse_map(["reference=a", "summary=b", "references=b"]) == {"reference": ("a", "b")}

    @pytest.mark.parametrize(
        ("maps", "message"),
        [
            (("transcript=t", "reference=gone"), "has no column 'gone', which --map reference=gone names. Columns are 'id', 't', 'r'."),
            (("reference=r",), "no column is mapped to the transcript"),
        ],
    )  # fmt: skip
    def test_a_column_that_is_not_there_is_named(self, maps, message):
        assert message in problem("a.csv", "id,t,r\n1,Ana: Hi.,x\n", *maps)

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ({"id": "", "t": "Ana: Hi."}, "line 2, field 'id': is empty"),
            ({"id": "a", "t": {"a": 1}}, "field 'transcript' (column 't'): is an object"),
            ({"id": "a", "t": 5}, "field 'transcript' (column 't'): is a number"),
            ({"id": "a", "t": [5]}, "has as item 1 neither a text nor an object"),
            ({"id": "a", "t": [{"a": 1}]}, "item 1 has no text; its keys are 'a'"),
            ({"id": "a", "t": "Ana: Hi.", "r": 5}, "field 'reference' (column 'r'): is a number"),
            ({"id": "x" * 201, "t": "Ana: Hi."}, "field 'id': has 201 characters"),
            ({"id": "a", "t": "Ana: \x00"}, "holds a NUL character"),
            ([], "is no object"),
        ],
    )  # fmt: skip
    def test_a_wrong_value_is_named_with_its_column(self, row, message):
        good = {"id": "good", "t": "Ana: Hi.", "r": None}
        assert message in problem("a.jsonl", lines(good, row), "id=id", "transcript=t", "reference=r")


def test_rows_without_a_transcript_are_left_out_and_said():
    text = "Talk;Gold\n;Nobody spoke.\nAna: Hi.;They greet.\n  ;x\n"
    assert documents("a.csv", text, *MAP) == [("a-2", ["Ana"], ["They greet."])]
    assert "a.csv: 2 rows have no transcript: line 2, line 4." in said(read("a.csv", text, *MAP))
    assert "no row has a transcript in column 'Talk'" in problem("a.csv", "Talk;Gold\n;x\n", *MAP)


class TestSeveralReferences:
    def test_dialogsums_test_set_as_rows(self):
        rows = [
            {"id": f"test_{d}_{n}", "dialogue": f"#Person1#: Hello {d}.", "summary": f"Summary {n}.", "topic": "x"}
            for d in (0, 1) for n in (1, 2, 3)
        ]  # fmt: skip
        file = read("test.jsonl", lines(*rows))
        assert [(d.id, [text for _, text in d.references]) for d in file.documents] == [
            ("test_0", ["Summary 1.", "Summary 2.", "Summary 3."]),
            ("test_1", ["Summary 1.", "Summary 2.", "Summary 3."]),
        ]
        assert "6 rows made 2 documents" in said(file)

    def test_dialogsums_test_set_as_columns(self):
        row = {
            "fname": "test_0",
            "dialogue": "#Person1#: Hi.",
            **{f"{k}{n}": f"{k} {n}" for n in (1, 2, 3) for k in ("summary", "topic")},
        }
        assert documents("dialogsum.test.jsonl", lines(row)) == [
            ("test_0", ["Person1"], ["summary 1", "summary 2", "summary 3"])
        ]

    def test_rows_of_one_id_in_any_order(self):
        text = "id,transcript,reference\na,Ana: Hi.,One.\nb,Omar: Hi.,Other.\na,Ana: Hi.,Two.\na,Ana: Hi.,Two.\n"
        assert documents("a.csv", text) == [("a", ["Ana"], ["One.", "Two."]), ("b", ["Omar"], ["Other."])]

    def test_one_id_with_two_dialogues_is_an_error(self):
        text = "id,transcript,reference\na,Ana: Hi.,One.\na,Omar: Hi.,Two.\n"
        assert "line 3, field 'id': 'a' was used before, in a.csv, line 2, with another transcript" in problem(
            "a.csv", text
        )

    def test_the_same_dialogue_under_other_ids_stays_apart(self):
        text = "id,transcript\na,Ana: Hi.\nb,Ana: Hi.\n"
        assert [d[0] for d in documents("a.csv", text)] == ["a", "b"]


class TestKnownSets:
    @pytest.mark.parametrize(
        ("name", "rows", "expected"),
        [
            ("samsum.json", [{"id": "13818513", "summary": "Amanda baked.", "dialogue": "Amanda: I baked.\r\nJerry: Sure!"}], [("13818513", ["Amanda", "Jerry"], ["Amanda baked."])]),
            ("mediasum.json", [{"id": "NPR-1", "program": "Day", "date": "2004-01-05", "url": "https://example.org", "title": "Talk", "summary": "They talk.", "utt": ["Hello.", "Hi: there."], "speaker": ["ANA COSTA, host", "OMAR"]}], [("NPR-1", ["ANA COSTA, host", "OMAR"], ["They talk."])]),
            ("meetingbank.json", [{"id": 0, "uid": "Denver_1", "summary": "A bill.", "transcript": "Ana: Next item."}], [("Denver_1", ["Ana"], ["A bill."])]),
            ("meetingbank2.json", [{"meeting_id": "SeattleCC", "source": "Next item, please.", "type": "bill", "reference": "A bill.", "city": "Seattle", "token_len": 9}], [("SeattleCC", [""], ["A bill."])]),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("as_lines", [False, True])
    def test_are_read_without_a_map(self, name, rows, expected, as_lines):
        assert documents(name, lines(*rows) if as_lines else json.dumps(rows)) == expected

    def test_what_it_was_read_as_is_said(self):
        assert "Read as DialogSum, SAMSum or AMI: id=id, transcript=dialogue, reference=summary." in said(
            read("a.json", json.dumps([{"id": "1", "summary": "x", "dialogue": "Ana: Hi."}]))
        )

    def test_qmsum_by_content_and_as_lines(self):
        meeting = {
            "topic_list": [],
            "general_query_list": [{"query": "Whole?", "answer": "All."}],
            "specific_query_list": [],
            "meeting_transcripts": [{"speaker": "Ana", "content": "So {gap} we begin ."}],
        }
        assert read("ES1.json", json.dumps(meeting)).format == "qmsum"
        assert documents("ES1.json", json.dumps(meeting)) == [("ES1", ["Ana"], ["All."])]
        assert [d[0] for d in documents("train.jsonl", lines(meeting, meeting))] == ["train-1", "train-2"]


def test_sources_of_any_name_are_read_alike():
    result = preview_import(
        [SourceFile("a.csv", data=b"id,transcript\na,Ana: Hi.\n"), SourceFile("b.txt", data=b"Ana: Hi.\n")],
        ReadOptions(),
    )
    assert [file.format for file in result.files] == ["csv", "text"]
    assert preview("c.txt", "id\ttranscript\na\tAna: Hi.\n").files[0].format == "csv"


@pytest.mark.parametrize(
    ("content", "said_of_it"),
    [
        (",id,transcript\n0,a,Ana: hi\n", "Columns without a name were not taken over: 1."),
        ("Unnamed: 0,id,transcript\n0,a,Ana: hi\n", "Columns without a name were not taken over: 1."),
        ("id,transcript,\na,Ana: hi,\n", "Columns without a name were not taken over: 3."),
        ("id,transcript\na,Ana: hi,,\n", ""),
        ("ID,Transcript\na,Ana: hi\n", ""),
    ],
)
def test_columns_without_a_name_and_names_in_capitals(content, said_of_it):
    file = read("a.csv", content)
    assert [(d.id, d.turns) for d in file.documents] == [("a", [{"speaker": "Ana", "content": "hi"}])]
    assert said_of_it in said(file)


TURN_ROWS = {
    "meeting,speaker,text,start\nm1,Ana,Good morning,0.5\nm1,Omar,Hi,2\nm2,Ana,Bye,0\n": {
        "m1": [("Ana", "Good morning", 0.5), ("Omar", "Hi", 2)],
        "m2": [("Ana", "Bye", 0)],
    },
    "Name,Timestamp,Text\nAna,00:01,Good morning\nOmar,1:05,Hi\n": {
        "a": [("Ana", "Good morning", 1), ("Omar", "Hi", 65)]
    },
    "Start,End,Speaker,Transcript\n00:00:01,00:00:02,Ana,Hi\n": {"a": [("Ana", "Hi", 1)]},
    "Start time;End time;Speaker;Utterance\n0:01;0:02;Ana;Hi\n": {"a": [("Ana", "Hi", 1)]},
    # Whisper's own table, in milliseconds.
    "start\tend\ttext\n0\t2000\tGood morning.\n62500\t63000\tHi.\n": {"a": [("", "Good morning.", 0), ("", "Hi.", 62.5)]},
}  # fmt: skip


@pytest.mark.parametrize("content", TURN_ROWS)
def test_a_table_whose_rows_are_turns(content):
    documents = read("a.csv", content).documents
    assert {d.id: [(t["speaker"], t["content"], t["start"]) for t in d.turns] for d in documents} == TURN_ROWS[content]


@pytest.mark.parametrize("content", ["name,text\nkick-off,Ana: hi\n", "speaker,text,summary\nAna,hi,x\n"])
def test_a_table_that_may_be_something_else_is_asked_about(content):
    assert "--map transcript=text" in problem("a.csv", content)


def test_a_proposal_names_every_column_that_is_known():
    told = problem("a.csv", "id,transcript,reference,extra\na,Ana: hi,x,1\n")
    assert "--map transcript=transcript --map reference=reference --map id=id" in told


def test_summaries_are_sent_to_their_own_door():
    assert "import_summaries takes them" in problem("a.jsonl", '{"document_id": "a", "system": "s", "summary": "x"}\n')


def test_one_unknown_field_is_asked_about():
    line = '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Ho."}]}\n'
    assert "--map transcript=messages" in problem("a.jsonl", line)
    assert turns("a.jsonl", line, "transcript=messages") == [("user", "Hi."), ("assistant", "Ho.")]


def test_rows_are_joined_only_where_they_are_one_dialogue():
    file = preview("a.csv", 'id,transcript\na,"Ana: hi"\n,Ana: x\n').files[0]
    assert file.problems
    assert "one dialogue" not in said(file)
    assert "3 rows made 2 documents" in said(
        read("a.csv", "id,dialogue,summary\nt_1,Ana: hi,x\nt_2,Ana: hi,y\nu,Bo: ho,z\n")
    )
