"""A file of more turns than any meeting has is refused by name before its turns fill the memory."""

import json
import tracemalloc

import pytest

from models_runner.importing.preview import preview_import
from models_runner.importing.reading import ReadOptions
from models_runner.importing.records import MOST_LINES, MOST_TURNS
from models_runner.importing.speech.turns import Utterance, join_utterances

pytestmark = pytest.mark.once("no database")


def turns(number):
    return [{"speaker": "AB"[n % 2], "content": "x"} for n in range(number)]


def lines_of_letters():
    return "A: x\nB: y\n" * (MOST_LINES // 2 + 1)


FILES = {
    "letters.txt": lines_of_letters,
    "letters.vtt": lambda: "WEBVTT\n\n" + "00:00.000 --> 00:01.000\n<v A>x</v>\n\n" * (MOST_LINES // 3 + 1),
    "letters.json": lambda: json.dumps({"id": "m", "transcript": turns(MOST_TURNS + 1)}),
    "letters.jsonl": lambda: json.dumps({"id": "m", "transcript": lines_of_letters()}) + "\n",
}
FEW = 100
TABLES = {
    "dialogues.jsonl": lambda: json.dumps({"dialogue": turns(FEW + 1), "summary": "s"}) + "\n",
    "letters.csv": lambda: "speaker,content\n" + "A,x\nB,y\n" * FEW,
    "ids.csv": lambda: "id,speaker,content\n" + "m,A,x\nm,B,y\n" * FEW + "n,A,x\n",
}


@pytest.mark.parametrize("name", FILES)
def test_one_letter_turns_are_refused(tmp_path, name):
    refused(tmp_path / name, FILES[name]())


@pytest.mark.parametrize("name", TABLES)
def test_so_are_those_of_tables_and_records_of_others(tmp_path, name, monkeypatch):
    for module, limit in (("row", "MOST_TURNS"), ("rows", "MOST_LINES")):
        monkeypatch.setattr(f"models_runner.importing.field_map.{module}.{limit}", FEW)
    refused(tmp_path / name, TABLES[name]())


def refused(path, text):
    path.write_text(text)
    read = preview_import(path, ReadOptions())
    assert not read.documents
    (problem,) = read.problems
    assert problem.startswith(path.name)
    assert f"has more than {MOST_TURNS:,} turns" in problem


@pytest.mark.parametrize("name", ["letters.txt", "letters.vtt", "letters.jsonl"])
def test_it_is_refused_before_the_lines_are_told_apart(tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name]())
    tracemalloc.start()
    preview_import(path, ReadOptions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The bytes and the text, once each or twice; with its lines it was 60 times as much.
    assert peak < 8 * path.stat().st_size


def test_pieces_of_one_speaker_are_one_turn_however_many():
    (turn,) = join_utterances(Utterance("A", "x") for _ in range(MOST_TURNS + 2))
    assert len(turn["content"]) == 2 * MOST_TURNS + 3


def test_a_long_meeting_is_read(tmp_path):
    path = tmp_path / "long.json"
    path.write_text(json.dumps({"id": "m", "transcript": turns(5_000)}))
    (document,) = preview_import(path, ReadOptions()).documents
    assert len(document.turns) == 5_000
