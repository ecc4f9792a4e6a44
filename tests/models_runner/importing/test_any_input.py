"""Whatever is given: a preview says what is wrong and never raises, and takes time in proportion to the size."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models_runner.importing.files import SourceFile
from models_runner.importing.preview import preview_import
from models_runner.importing.readers.registry import FORMATS
from models_runner.importing.reading import ReadOptions
from models_runner.importing.speech.text import read_transcript
from tests.models_runner.importing.reading import preview

PIECES = st.sampled_from(
    ["WEBVTT\n", "00:00:01.000 --> 00:00:02.000\n", "1\n", "<v Ana>", "</v>", "Ana: ", "Hello.", "\n", "\n\n", "[00:01] ", "- ",
     "Ana Costa  0:03\n", "{", "}", "[", "]", '"speaker"', ":", ",", '"text"', "segments", "id,transcript\n", ";", "\t", "\x00", "\ufeff",
     "：", "林悦", "(PERSON1) ", "#Person1#", ">> ", "&amp;", "{\\an8}", "é", "\u2028", "Decision: ", "99:99:99", "\ud800", "PK\x03\x04"]
)  # fmt: skip
NAMES = st.sampled_from(["a.vtt", "a.srt", "a.txt", "a.json", "a.jsonl", "a.csv", "a.docx", "a.xlsx", "a.parquet", "a.zip", "a", "a.sbv"])  # fmt: skip
KEYS = st.sampled_from(
    ["segments", "text", "start", "end", "speaker", "words", "word", "results", "channels", "alternatives", "transcripts", "items",
     "utterances", "dialogue", "summary", "id", "transcript", "monologues", "elements", "events", "segs", "chunks", "timestamp", "itemInfo"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(NAMES, st.lists(PIECES, max_size=25), st.sampled_from(FORMATS))
def test_any_text_in_any_format(name, pieces, kind):
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    result = preview_import([SourceFile(name, data=data)], ReadOptions(format=kind))
    assert result.documents or result.problems or result.ignored


@settings(max_examples=200, deadline=None)
@given(NAMES, st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"PAR1", b"ARROW1", b"\xff\xfe", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]))  # fmt: skip
def test_any_bytes(name, data, mark):
    result = preview_import([SourceFile(name, data=mark + data)], ReadOptions())
    assert result.documents or result.problems or result.ignored


@settings(max_examples=300, deadline=None)
@given(st.text("MaÉ李7 /&+,.;()[]'\"-–@", min_size=1, max_size=15))
@example("Maya &")
@example("/ Leo")
def test_any_name_before_a_colon(name):
    result = preview_import(
        [SourceFile("a.txt", data=f"{name}: We ship.\n{name}: On Friday.\n".encode())], ReadOptions()
    )
    assert result.documents or result.problems


@settings(max_examples=400, deadline=None)
@given(JSON, st.sampled_from(["auto", "whisper", "speech-json", "ami", "meetingbank", "qmsum", "jsonl"]))
def test_any_json(value, kind):
    result = preview_import([SourceFile("a.json", data=json.dumps(value).encode())], ReadOptions(format=kind))
    assert result.documents or result.problems


@pytest.mark.parametrize(
    "text",
    [
        "Ana: " + "a" * 1_000_000,
        "a " * 500_000,
        ":" * 200_000,
        "1:" * 100_000,
        "Ana: Hello.\nOmar: Hi.\n" * 20_000,
        "[00:00:01] Ana: Hello.\n---\n" * 10_000,
        "Ana Costa  0:03\nHello.\n" * 10_000,
        "Ana Costa\nHello.\n\n" * 10_000,
        "".join(f"Name{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}: hi\n" for n in range(10_000)),
        "((((" * 50_000,
        " " * 500_000 + "x",
        "<v " * 100_000,
        "0:03\nAna Costa\nHello.\n" * 10_000,
        "1 hour " * 100_000,
        "Ana\tHello.\n" * 20_000,
        "12.03.26, " * 50_000,
    ],
    ids=range(16),
)
def test_large_texts(text):
    """The timeout of a test is the bound: what grew with the square of the size would pass it."""
    assert read_transcript(text).turns
    preview("a.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text.replace(chr(10) * 2, chr(10))}")
    preview("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{text}")


def test_many_cues():
    cues = "".join(f"00:{n // 60 % 60:02d}:{n % 60:02d}.000 --> 00:{n // 60 % 60:02d}:{n % 60:02d}.900\n<v Ana {n % 7}>Hello {n}.\n\n" for n in range(20_000))  # fmt: skip
    (document,) = preview("a.vtt", "WEBVTT\n\n" + cues).documents
    assert len(document.turns) == 20_000
