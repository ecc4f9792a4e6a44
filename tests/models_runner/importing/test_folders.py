"""Folders, archives, corpora of many files, and the command and its function as a whole."""

import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from docx import Document as WordDocument

from models_runner.importing.files import SourceFile
from models_runner.importing.preview import preview_import
from models_runner.importing.readers import archives
from models_runner.importing.readers.registry import FORMATS, READERS
from models_runner.importing.reading import ReadOptions
from models_runner.models import Dataset, Document, Transcript
from tests.models_runner.importing.reading import preview, problem, read, said, turns

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hello.\n"
TEXT = "Ana: Hello.\nOmar: Hi."


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def fill(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def word(*paragraphs, table=()):
    document = WordDocument()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        made = document.add_table(len(table), len(table[0]))
        for row, cells in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


class TestWord:
    def test_teams(self):
        data = word(
            "Weekly sync-20260105_100000-Meeting Recording",
            "January 5, 2026, 10:00AM",
            "32m 10s",
            "Ana Costa started transcription",
            "Ana Costa   0:03\nGood morning.\nShall we begin?",
            "Omar Haddad   0:09\nThe budget is open.",
            "Ana Costa stopped transcription",
        )
        assert turns("meeting.docx", data) == [
            ("Ana Costa", "Good morning. Shall we begin?", 3.0),
            ("Omar Haddad", "The budget is open.", 9.0),
        ]

    def test_names_before_colons_and_tables(self):
        assert turns("a.docx", word("Ana: Hello.", "Omar: Hi.")) == [("Ana", "Hello."), ("Omar", "Hi.")]
        data = word(table=[["00:00:03", "Ana", "Hello."], ["00:00:09", "Omar", "Hi."]])
        assert turns("a.docx", data) == [("Ana", "Hello.", 3.0), ("Omar", "Hi.", 9.0)]

    def test_found_by_content_and_refused_when_broken(self):
        assert read("a.bin", word("Ana: Hello.")).format == "docx"
        assert "a.docx: is no" in problem("a.docx", b"PK\x03\x04 broken", format="docx")
        assert "a.docx: holds no words" in problem("a.docx", word(""))


class TestFolders:
    def test_files_of_several_formats_below_each_other(self, tmp_path):
        fill(
            tmp_path, {"a.vtt": VTT, "sub/b.txt": TEXT, "sub/deep/c.jsonl": json.dumps({"id": "c", "transcript": TEXT})}
        )
        result = preview_import(tmp_path, ReadOptions())
        assert {file.name: (file.format, [d.id for d in file.documents]) for file in result.files} == {
            "a.vtt": ("vtt", ["a"]), "sub/b.txt": ("text", ["b"]), "sub/deep/c.jsonl": ("jsonl", ["c"]),
        }  # fmt: skip

    def test_hidden_and_foreign_files_are_passed_over_and_said(self, tmp_path):
        fill(tmp_path, {"a.txt": TEXT, "._a.txt": "x", ".DS_Store": "x", "__MACOSX/._a.txt": "x", "README.md": "About this.", "LICENSE": "Terms.", ".git/config": "x"})  # fmt: skip
        (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
        result = preview_import(tmp_path, ReadOptions())
        assert [d.id for d in result.documents] == ["a"]
        assert result.problems == []
        assert sorted(re.sub(r" \(.*", "", line) for line in result.ignored) == [".DS_Store", "._a.txt", ".git/config", "__MACOSX/._a.txt"]  # fmt: skip
        assert {file.name: file.why for file in result.files if not file.format} == {
            "LICENSE": "it stands beside the data", "README.md": "it stands beside the data", "picture.png": "it is sound, video or a picture, which is not read",
        }  # fmt: skip

    def test_one_name_in_several_folders_or_formats(self, tmp_path):
        fill(tmp_path, {"monday/sync.txt": TEXT, "friday/sync.txt": TEXT, "friday/sync.vtt": VTT, "other.txt": TEXT})
        assert sorted(d.id for d in preview_import(tmp_path, ReadOptions()).documents) == ["friday/sync.txt", "friday/sync.vtt", "monday/sync", "other"]  # fmt: skip

    def test_a_named_format_reads_its_own_files(self, tmp_path):
        fill(tmp_path, {"a.vtt": VTT, "b.txt": TEXT})
        assert [d.id for d in preview_import(tmp_path, ReadOptions(format="vtt")).documents] == ["a"]

    def test_links_that_lead_outside_are_passed_over(self, tmp_path):
        fill(tmp_path, {"secret.txt": TEXT, "in/a.txt": TEXT})
        (tmp_path / "in" / "b.txt").symlink_to(tmp_path / "secret.txt")
        result = preview_import(tmp_path / "in", ReadOptions())
        assert [d.id for d in result.documents] == ["a"]
        assert result.ignored == ["b.txt (a link to a place outside the folder)"]

    @pytest.mark.parametrize(
        ("name", "message"), [("gone", "there is no such file"), ("empty", "the folder has no readable files")]
    )
    def test_nothing_there(self, tmp_path, name, message):
        (tmp_path / "empty").mkdir()
        assert message in "".join(preview_import(tmp_path / name, ReadOptions()).problems)


class TestArchives:
    def test_files_in_an_archive(self):
        data = zipped({"m/a.vtt": VTT, "m/b.txt": TEXT, "__MACOSX/m/._b.txt": "x", "m/.DS_Store": "x", "m/": ""})
        result = preview("meetings.zip", data)
        assert sorted(d.id for d in result.documents) == ["a", "b"]
        assert sorted(line.split(" ")[0] for line in result.ignored) == ["__MACOSX/m/._b.txt", "m/.DS_Store"]

    @pytest.mark.parametrize("name", ["../a.txt", "m/../../a.txt", "/etc/a.txt", "C:/a.txt", "..\\a.txt"])
    def test_paths_that_lead_out_are_passed_over(self, name):
        result = preview("a.zip", zipped({name: TEXT, "b.txt": TEXT}))
        assert [d.id for d in result.documents] == ["b"]
        assert "its path leads out of the archive" in result.ignored[0]

    def test_a_bomb_is_refused(self):
        message = problem("a.zip", zipped({"a.txt": "Ana: a\n" * 3_000_000}))
        assert "a.zip/a.txt: unpacks to more than 200 times its size" in message
        assert "a.docx/word/document.xml: unpacks" in problem("a.docx", zipped({"word/document.xml": " " * 30_000_000}))
        assert "a.xlsx/xl/workbook.xml: unpacks" in problem("a.xlsx", zipped({"xl/workbook.xml": " " * 30_000_000}))

    def test_size_and_number_are_bounded(self, monkeypatch):
        monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
        assert "holds 3 files; at most 2 are read" in problem("a.zip", zipped({f"{n}.txt": TEXT for n in range(3)}))
        monkeypatch.setattr(archives, "LARGEST_MEMBER", 10)
        assert "a.zip/a.txt: is larger than 10 bytes" in problem("a.zip", zipped({"a.txt": TEXT}))
        monkeypatch.setattr(archives, "LARGEST_ARCHIVE", 10)
        assert "is larger than 10 bytes when unpacked" in problem("a.zip", zipped({"a.txt": TEXT}))

    def test_a_directory_that_lies_about_sizes(self):
        data = zipped({"a.txt": TEXT * 1_000}, zipfile.ZIP_STORED)
        length = len(TEXT * 1_000).to_bytes(4, "little")
        place = data.rindex(length)
        assert "a.zip" in problem("a.zip", data[:place] + (5).to_bytes(4, "little") + data[place + 4 :])

    def test_a_broken_archive_is_named(self):
        whole = zipped({"a.txt": TEXT})
        for data in (b"PK\x03\x04", whole[:-30], whole[:40], whole[:35] + b"\xff\xff\xff" + whole[38:]):
            assert "a.zip" in problem("a.zip", data)

    def test_an_archive_within_an_archive_is_passed_over(self):
        result = preview("a.zip", zipped({"b.zip": zipped({"c.txt": TEXT}), "d.txt": TEXT}))
        assert ([d.id for d in result.documents], result.ignored) == (["d"], ["b.zip (an archive within an archive)"])


class TestAmiAndIcsi:
    def words(self, *said):
        elements = "".join(
            f'<w nite:id="x{n}" starttime="{start}" endtime="{start + 0.2}"{punc}>{text}</w>'
            for n, (text, start, punc) in enumerate(said)
        )
        return f'<?xml version="1.0" encoding="ISO-8859-1"?><nite:root xmlns:nite="http://nite.sourceforge.net/">{elements}<vocalsound starttime="9" type="laugh"/></nite:root>'

    @pytest.fixture
    def corpus(self):
        end = ' punc="true"'
        return {
            "words/ES2002a.A.words.xml": self.words(("Good", 1.0, ""), ("morning", 1.3, ""), (".", 1.5, end), ("It", 8.0, ""), ("&#39;s", 8.2, ""), ("late", 8.4, ""), (".", 8.6, end)),
            "words/ES2002a.B.words.xml": self.words(("Mm-hmm", 3.0, ""), (".", 3.2, end)),
            "words/ES2003b.A.words.xml": self.words(("Other", 0.5, "")),
            "corpusResources/meetings.xml": '<root xmlns:nite="x"><meeting observation="ES2002a"><speaker nxt_agent="A" role="PM"/><speaker nxt_agent="B" role="UI"/></meeting></root>',
            "abstractive/ES2002a.abssumm.xml": "<root><abstract><sentence>They met.</sentence><sentence>It was late.</sentence></abstract><decisions><sentence>None.</sentence></decisions></root>",
            "segments/ES2002a.A.segments.xml": "<root/>",
        }  # fmt: skip

    @pytest.mark.parametrize("as_zip", [True, False])
    def test_nxt_words(self, corpus, tmp_path, as_zip):
        given = [SourceFile("ami.zip", data=zipped(corpus))] if as_zip else fill(tmp_path, corpus)
        first, second = preview_import(given, ReadOptions()).documents
        assert (first.id, second.id) == ("ES2002a", "ES2003b")
        assert first.turns == [
            {"speaker": "Project Manager", "content": "Good morning.", "start": 1.0},
            {"speaker": "User Interface", "content": "Mm-hmm.", "start": 3.0},
            {"speaker": "Project Manager", "content": "It's late.", "start": 8.0},
        ]
        assert first.references == (("", "They met. It was late."),)
        assert second.turns == [{"speaker": "A", "content": "Other", "start": 0.5}]

    def test_an_entity_is_refused(self):
        bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><a><w starttime="1">&b;</w></a>'
        assert "ES1.A.words.xml: is no XML that can be read" in problem("a.zip", zipped({"ES1.A.words.xml": bomb}))

    def test_json_of_dialogue_acts(self):
        acts = [
            {"id": "a.B.1", "speaker": "B", "starttime": "74.42", "startwordid": "w1", "endtime": "77.29", "endwordid": "w9", "text": "Do you want to begin ?", "label": "el.inf", "attributes": {"role": "PM"}},
            {"id": "a.A.1", "speaker": "A", "starttime": "70.1", "startwordid": "w1", "endtime": "71", "endwordid": "w2", "text": "Okay .", "label": "fra", "attributes": {}},
        ]  # fmt: skip
        file = read("ES2002a.json", json.dumps(acts))
        assert (file.format, file.documents[0].id) == ("ami", "ES2002a")
        assert turns("ES2002a.json", json.dumps(acts)) == [
            ("A", "Okay .", 70.1),
            ("B", "Do you want to begin ?", 74.42),
        ]


class TestElitr:
    FILES = {
        "meeting_en_dev_001/transcript_MAN_annot02.txt": "(PERSON1) Old.",
        "meeting_en_dev_001/transcript_MAN2_annot06.txt": "(PERSON10) So we begin.\nWith the list.\n(PERSON2) Yes.",
        "meeting_en_dev_001/minutes_GENER_annot02.txt": "Attendees: [PERSON10]\n- They begin.",
        "meeting_en_dev_001/minutes_ORIG.txt": "Short minutes.",
        "meeting_en_dev_001/alignment+transcript_MAN2_annot06.txt+minutes_ORIG.txt": "1 1",
        "meeting_en_dev_010/meeting_en_dev_010.txt": "(PERSON3) Hello.",
        "meeting_en_dev_010/minutes_GENER_annot01.txt": "Hello was said.",
    }

    def test_a_folder_of_meetings(self, tmp_path):
        first, second = preview_import(fill(tmp_path, self.FILES), ReadOptions()).documents
        assert (first.id, second.id) == ("meeting_en_dev_001", "meeting_en_dev_010")
        assert [(t["speaker"], t["content"]) for t in first.turns] == [
            ("PERSON10", "So we begin. With the list."),
            ("PERSON2", "Yes."),
        ]
        assert [text for _, text in first.references] == ["Attendees: [PERSON10]\n- They begin.", "Short minutes."]

    def test_what_was_left_out_is_said(self, tmp_path):
        (first, _) = preview_import(fill(tmp_path, self.FILES), ReadOptions(format="elitr")).files
        assert "transcript_MAN_annot02.txt: is an earlier transcript than" in said(first)

    def test_by_name_where_there_is_none(self):
        assert "a.txt: holds no meeting of ELITR" in problem("a.txt", TEXT, format="elitr")


def test_meetingbank_with_items():
    value = {
        "Denver_010": {
            "VideoURL": "x",
            "itemInfo": {
                "21-1": {
                    "Summary": "A bill.",
                    "type": "Bill",
                    "transcripts": [{"speaker": "1", "startTime": 5.0, "text": "Next item."}],
                }
            },
        }
    }
    (document,) = read("MeetingBank.json", json.dumps(value)).documents
    assert (document.id, document.references, document.metadata) == (
        "Denver_010_21-1",
        (("", "A bill."),),
        {"type": "Bill"},
    )
    assert document.turns == [{"speaker": "Speaker 1", "content": "Next item.", "start": 5.0}]


def test_a_preview_touches_no_database():
    """This test has no mark that would let it: a query would be an error."""
    assert preview("a.txt", TEXT).documents


def test_every_format_is_in_the_documentation():
    text = (Path(__file__).parents[3] / "docs" / "importing.md").read_text()
    assert set(FORMATS) - {"auto"} == set(re.findall(r"^\| `([a-z][a-z-]*)` \|.*\|.*\|.*\|.*\|$", text, re.MULTILINE))
    assert all(reader.library in text for reader in READERS.values())


@pytest.mark.django_db
class TestCommand:
    def test_format_and_map_may_be_left_out(self, tmp_path, capsys):
        (tmp_path / "call.vtt").write_text(VTT)
        call_command("import_dataset", tmp_path / "call.vtt", name="calls")
        assert Transcript.objects.get().turns == [{"speaker": "Ana", "content": "Hello.", "start": 1.0}]
        out = capsys.readouterr().out
        assert "Guessed:\n  call.vtt: Speakers and their turns: Ana (1)." in out
        assert "Dataset calls: 1 documents added" in out

    def test_a_map_and_the_same_file_twice(self, tmp_path, capsys):
        (tmp_path / "a.csv").write_text("Talk;Gold\nAna: Hi.;They greet.\n")
        for _ in range(2):
            call_command("import_dataset", tmp_path / "a.csv", name="talks", map=["transcript=Talk", "reference=Gold"])
        assert Document.objects.get().references.get().text == "They greet."
        assert "0 documents added, 1 already there" in capsys.readouterr().out

    def test_a_wrong_file_among_good_ones_imports_nothing(self, tmp_path):
        fill(tmp_path, {"a.txt": TEXT, "b.vtt": "WEBVTT\n", "c.json": "{"})
        with pytest.raises(CommandError, match=r"(?s)Nothing was imported.*b\.vtt: has no cues.*c\.json: is not JSON"):
            call_command("import_dataset", tmp_path, name="calls")
        assert not Dataset.objects.exists()

    @pytest.mark.parametrize(
        ("options", "message"), [({"map": ["x"]}, "is no FIELD=COLUMN"), ({"encoding": "klingon"}, "no encoding")]
    )
    def test_wrong_options_are_named(self, tmp_path, options, message):
        (tmp_path / "a.txt").write_text(TEXT)
        with pytest.raises(CommandError, match=message):
            call_command("import_dataset", tmp_path / "a.txt", name="calls", **options)

    def test_an_upload_is_imported_by_the_same_function(self, tmp_path):
        fill(tmp_path, {"a.vtt": VTT})
        path = shutil.make_archive(str(tmp_path / "calls"), "zip", tmp_path, "a.vtt")
        call_command("import_dataset", Path(path), name="calls")
        assert Document.objects.get().external_id == "a"
