"""JSON whose records lie inside an object."""

import json

import pytest

from tests.models_runner.importing.reading import problem, read

RECORDS = [{"id": "m1", "transcript": "Ana: Hi."}, {"id": "m2", "transcript": "Omar: Bye."}]
DIALOGUES = [
    {"id": "m1", "dialogue": "Ana: Hi.", "summary": "A."},
    {"id": "m2", "dialogue": "Omar: Bye.", "summary": "B."},
]
WRAPPED = {
    "data": {"data": RECORDS},
    "data beside others": {"version": "1.0", "info": {"by": "us"}, "data": RECORDS},
    "meetings": {"meetings": RECORDS},
    "another format": {"documents": DIALOGUES},
    "by id": {"m1": {"transcript": "Ana: Hi."}, "m2": {"transcript": "Omar: Bye."}},
    "another format by id": {one["id"]: {k: v for k, v in one.items() if k != "id"} for one in DIALOGUES},
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPPED)
def test_records_inside_an_object(kind):
    documents = read("a.json", json.dumps(WRAPPED[kind])).documents
    assert [(d.id, [t["speaker"] for t in d.turns]) for d in documents] == [("m1", ["Ana"]), ("m2", ["Omar"])]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"data": [RECORDS[0], {"id": "m2", "transcript": 3}]}, "a.json, data, record 2, field 'transcript'"),
        ({"m1": {"id": "m1", "transcript": ""}}, "a.json, 'm1'"),
        ({"train": RECORDS, "test": RECORDS}, "a.json: holds the splits 'train', 'test'. Give each list as a file"),
        ({"data": RECORDS, "rows": RECORDS}, "a.json: columns are 'data', 'rows'. Say which is what"),
        ({"data": []}, "a.json: columns are 'data'"),
        ({}, "a.json"),
    ],
)
def test_a_fault_is_named_with_its_place(value, message):
    assert message in problem("a.json", json.dumps(value))


def test_a_list_of_turns_in_a_record_stays_in_it():
    value = {"id": "m1", "transcript": [{"speaker": "Ana", "content": "Hi."}]}
    assert [d.id for d in read("a.json", json.dumps(value)).documents] == ["m1"]
    assert [
        d.id
        for d in read(
            "b.json", json.dumps({"dialogue": "Ana: Hi.", "items": [{"a": 1}]}), "transcript=dialogue"
        ).documents
    ] == ["b-1"]
