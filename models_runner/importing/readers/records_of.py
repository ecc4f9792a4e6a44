"""Make the record of a file that holds one meeting, with notes on what was guessed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lib.numbers import format_clock
from models_runner.importing.files import SourceFile
from models_runner.importing.reading import Note, NoteKind, Outcome, ReadOptions
from models_runner.importing.records import MAX_ID_LENGTH, MAX_TITLE_LENGTH, Fields, ImportedRecord, RecordError
from models_runner.importing.speech.text import TranscriptText

SHOWN = 8


def record_of_turns(
    source: SourceFile,
    options: ReadOptions,
    transcript: TranscriptText,
    *,
    language: str = "",
    title: str = "",
    metadata: Mapping[str, Any] | None = None,
    references: Sequence[str] = (),
) -> Iterator[Outcome]:
    """Yield the record, named after its file, and the notes about it."""
    fields = Fields({"transcript": ""}, source.name)
    for turn in transcript.turns:
        for part in ("speaker", "content"):
            fields.check_text("transcript", turn[part])
    if not any(turn["content"].strip() for turn in transcript.turns):
        raise RecordError(source.name, "holds no words: nobody says anything.")
    document_id = fields.check_text("file name", source.document_id, required=True, longest=MAX_ID_LENGTH)
    yield ImportedRecord(
        id=document_id,
        title=" ".join((title or transcript.title).split())[:MAX_TITLE_LENGTH],
        turns=transcript.turns,
        original_turns=transcript.turns,
        language=language or options.language,
        references=tuple(("", text) for text in references if text.strip()),
        metadata=metadata or {},
        where=source.name,
    )
    yield from notes_on(source.name, document_id, transcript)


def notes_on(where: str, document_id: str, transcript: TranscriptText) -> Iterator[Note]:
    """Say who was found to speak, which lines have no speaker, which times there are, and what was left out."""
    named = {name: count for name, count in transcript.speakers.items() if name}
    if named:
        who = _some([f"{name} ({count})" for name, count in named.items()])
        yield Note(where, f"Speakers and their turns: {who}.", document_id=document_id)
    else:
        yield Note(where, "No speaker was found.", document_id=document_id)
    if transcript.unlabelled:
        count = len(transcript.unlabelled)
        lines = "1 line has" if count == 1 else f"{count:,} lines have"
        text = f"{lines} no speaker: {_places(transcript, transcript.unlabelled)}."
        yield Note(where, text, document_id=document_id)
    if headings := [name for name in transcript.doubtful if name]:
        text = f"Taken for headings or words, not for speakers: {_some([repr(name) for name in headings])}."
        yield Note(where, text, document_id=document_id)
    for name, roles in transcript.roles.items():
        yield Note(where, f"Left out of the name {name}: {', '.join(roles)}.", document_id=document_id)
    starts = [turn["start"] for turn in transcript.turns if "start" in turn]
    if starts:
        between = f"from {format_clock(min(starts))} to {format_clock(max(starts))}"
        yield Note(
            where,
            f"{len(starts):,} of {len(transcript.turns):,} turns have a start, {between}.",
            document_id=document_id,
        )
    if transcript.left_out:
        text = f"Not taken for speech: {_places(transcript, transcript.left_out)}."
        yield Note(where, text, NoteKind.LEFT_OUT, document_id)


def _places(transcript: TranscriptText, lines: Sequence[tuple[int, str]]) -> str:
    return _some([f"{transcript.numbered_by} {number} “{_short(text)}”" for number, text in lines])


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _some(items: Sequence[str]) -> str:
    more = len(items) - SHOWN
    return ", ".join(items[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
