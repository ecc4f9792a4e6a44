"""Files that nothing reads are named, with what to do; and files whose names say another thing than they are."""

import zipfile
from io import BytesIO

import pytest

from tests.models_runner.importing.reading import preview, problem, turns

TALK = "Ana: Hello.\nOmar: Hi."
READ = [("Ana", "Hello."), ("Omar", "Hi.")]


def slides() -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("ppt/presentation.xml", "<p/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.pdf", b"%PDF-1.4\n%\xe2\xe3\n", "is a PDF, which is not read. Copy its text into a .txt file"),
        ("a.rtf", r"{\rtf1\ansi Ana: Hello.\par}", "is rich text (RTF)"),
        ("a.txt", "<!DOCTYPE html>\n<html><p>Ana: Hello.</p></html>", "is a web page (HTML)"),
        ("a.xml", "<?xml version='1.0'?><tt><p begin='1s'>Ana: Hello.</p></tt>", "Export captions as WebVTT"),
        (
            "a.ass",
            "[Script Info]\nTitle: x\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,Ana,0,0,0,,Hi",
            "is captions as SubStation Alpha",
        ),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Save it as .docx"),
        ("a.pptx", slides(), "is a presentation"),
        ("a.mp3", b"ID3\x03\x00\x00\x00" + bytes(range(256)), "Have it transcribed first"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)), "is sound, video or a picture"),
        ("a.tar.gz", b"\x1f\x8b\x08\x00" + bytes(range(256)), "is an archive other than .zip"),
        ("a.txt", TALK.encode("utf-16-le"), "Say --encoding utf-16-le"),
        ("a.txt", b"Ana: Hel\x00lo there, this is a long line.\nOmar: Hi.", "text with NUL characters"),
        ("a.txt", TALK.encode("utf-16"), "Say --encoding utf-16."),
        ("a.txt", "田中：おはようございます。\n佐藤：はい。".encode("shift_jis"), "say --encoding shift-jis"),
        ("a.txt", "田中：おはようございます。\n佐藤：はい。".encode("euc_jp"), "say --encoding euc-jp"),
        ("a.txt", "李伟：我们周五发布。\n王小明：好的，没问题。".encode("gb18030"), "say --encoding gb18030"),
    ],
)
def test_a_file_that_nothing_reads_is_named_with_what_to_do(name, content, what):
    assert what in problem(name, content)
    assert not preview(name, content).documents


def test_an_empty_file_is_said_to_be_empty():
    assert problem("a.csv", "") == "a.csv: is empty."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "shift_jis", "windows-1252"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", TALK),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nAna: Hello.\n\n00:02.000 --> 00:03.000\nOmar: Hi.\n"),
        ("a.csv", f'id,transcript\na,"{TALK}"\n'),
        ("a.json", '{"segments": [{"speaker": "Ana", "text": "Hello.", "start": 1},{"speaker": "Omar", "text": "Hi.", "start": 2}]}'),
        ("a.jsonl", '{"id": "a", "transcript": "Ana: Hello.\\nOmar: Hi."}\n'),
    ],
)  # fmt: skip
def test_any_format_in_an_encoding_that_was_said(name, content, encoding):
    assert [turn[:2] for turn in turns(name, content.encode(encoding), encoding=encoding)] == READ


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", TALK),
        ("a.zip", TALK),
        ("a.txt", '{"id": "a", "transcript": "Ana: Hello.\\nOmar: Hi."}'),
        ("a.jsonl", '[\n{"id": "a", "transcript": "Ana: Hello.\\nOmar: Hi."}\n]'),
        ("a.jsonl", '[{"id": "a", "transcript": "Ana: Hello.\\nOmar: Hi."}]'),
        ("a.jsonl", '{\n"id": "a",\n"transcript": "Ana: Hello.\\nOmar: Hi."\n}'),
        ("a.json", '["Ana: Hello.", "Omar: Hi."]'),
        ("a.json", '{"text": "Ana: Hello.\\nOmar: Hi.", "usage": {"type": "tokens"}}'),
    ],
)
def test_a_name_that_says_something_else(name, content):
    assert turns(name, content) == READ
