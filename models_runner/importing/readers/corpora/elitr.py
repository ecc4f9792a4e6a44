"""Read the ELITR minuting corpus: a folder for each meeting, with transcripts and the minutes that people wrote.

meeting_en_dev_001/transcript_MAN2_annot06.txt      (PERSON10) words, one sentence a line
meeting_en_dev_001/minutes_GENER_annot02.txt        one or more, by different people
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Note, NoteKind, Outcome, ReadOptions, Unit
from models_runner.importing.speech.text import read_transcript

NAME = "elitr"
MISSING = "holds no meeting of ELITR: there is no folder with a transcript_*.txt and minutes_*.txt."
TRANSCRIPT = re.compile(r"^transcript[_-].*\.txt$", re.IGNORECASE)
ROUND = re.compile(r"transcript_MAN(\d*)", re.IGNORECASE)
MINUTES = re.compile(r"^minutes[_-].*\.txt$", re.IGNORECASE)
ALIGNMENT = re.compile(r"^align", re.IGNORECASE)


def claim(sources: Sequence[SourceFile], options: ReadOptions) -> tuple[list[Unit], set[str]]:
    """Return a unit for each folder with a transcript and minutes, and the names of their files."""
    folders: dict[str, list[SourceFile]] = defaultdict(list)
    for source in sources:
        folders[str(PurePosixPath(source.name).parent)].append(source)
    units, claimed = [], set()
    for folder, files in folders.items():
        names = [PurePosixPath(file.name).name for file in files]
        minutes = [file for file, name in zip(files, names, strict=True) if MINUTES.match(name)]
        transcripts = [file for file, name in zip(files, names, strict=True) if TRANSCRIPT.match(name)]
        if minutes and not transcripts:
            transcripts = [file for file in files if file.stem == PurePosixPath(folder).name]
        if minutes and transcripts:
            why = f"{minutes[0].name} stands beside {transcripts[0].name}"
            units.append(Unit(folder, NAME, why, partial(_read, folder, transcripts, minutes, options)))
            claimed |= {file.name for file in (*minutes, *transcripts)}
            claimed |= {f.name for f, name in zip(files, names, strict=True) if ALIGNMENT.match(name)}
    return units, claimed


def _round(source: SourceFile) -> tuple[int, str]:
    match = ROUND.search(source.name)
    return (int(match[1] or 1) if match else 0, source.name)


def _read(
    folder: str, transcripts: list[SourceFile], minutes: list[SourceFile], options: ReadOptions
) -> Iterator[Outcome]:
    """Read the transcript of the last round of correction, MAN2 rather than MAN, with all minutes as references."""
    ordered = sorted(transcripts, key=_round)
    chosen = ordered[-1]
    for other in ordered[:-1]:
        yield Note(other.name, f"is an earlier transcript than {chosen.name} and was left out.", NoteKind.LEFT_OUT)
    name = PurePosixPath(folder).name
    chosen.document_id = chosen.stem if name in ("", ".") else name
    references = [source.text(options.encoding).strip() for source in sorted(minutes, key=lambda source: source.name)]
    transcript = read_transcript(chosen.text(options.encoding))
    yield from record_of_turns(chosen, options, transcript, references=references)
