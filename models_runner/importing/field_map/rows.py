"""Put rows together into documents."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models_runner.importing.field_map.mapping import FieldMap, listed
from models_runner.importing.field_map.row import Row
from models_runner.importing.reading import Missing, Note, NoteKind, Outcome, ReadOptions
from models_runner.importing.records import (
    MAX_ID_LENGTH,
    MOST_LINES,
    Fields,
    ImportedQuery,
    ImportedRecord,
    RecordError,
    Terms,
    TooLongError,
    Turn,
    require_speech,
)
from models_runner.importing.speech.text import TranscriptText, read_transcript
from models_runner.importing.speech.turns import Utterance, join_utterances

NUMBERED = re.compile(r"^(?P<stem>.*\S)[_-]\d{1,3}$")


@dataclass
class _Group:
    """Rows of one dialogue."""

    where: str
    id: str
    spoken: Any
    references: list[tuple[str, str]] = field(default_factory=list)
    queries: dict[str, list[str]] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    utterances: list[Utterance] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class RowReader:
    """Collects rows into documents: rows of one id, or of one dialogue under numbered ids, are one document."""

    def __init__(self, given: FieldMap, options: ReadOptions, stem: str, *, cells: bool, own: bool = False) -> None:
        """Start without rows.

        Args:
            cells: The rows are of a table without types, where "nan" may be nothing, and numbers may be ids.
            own: The table is in this product's own form: a row without a transcript is an error, not left out.
        """
        self.map, self.options, self.stem, self.cells, self.own = given, options, stem, cells, own
        self.silent: list[tuple[str, str]] = []
        self.groups: dict[str, _Group] = {}
        self.by_dialogue: dict[tuple[str, str], str] = {}
        self.count, self.joined = 0, 0

    def read(self, rows: Iterable[tuple[Mapping[str, Any], str]], file: str) -> Iterator[Outcome]:
        columns: dict[str, None] = {}
        for row, where in rows:
            self.count += 1
            columns |= dict.fromkeys(row)
            try:
                self._add(row, where)
            except TooLongError:
                raise
            except RecordError as error:
                yield error
        if self.silent and not self.groups:
            raise RecordError(file, f"no row has a transcript in column {'+'.join(self.map.fields['transcript'])!r}.")
        yield from self._notes(list(columns), file)
        for group in self.groups.values():
            try:
                record, transcript = self._record(group)
            except RecordError as error:
                yield error
                continue
            yield record
            if note := _speakers(transcript, record.where, record.id):
                yield note

    def _notes(self, columns: Sequence[str], file: str) -> Iterator[Note]:
        used = {column for wanted in self.map.fields.values() for column in wanted}
        mapped = ", ".join(f"{name}={'+'.join(wanted)}" for name, wanted in self.map.fields.items())
        if self.map.name:
            yield Note(file, f"Read as {self.map.name}: {mapped}.")
        if unused := [column for column in columns if column not in {name.split(".")[0] for name in used} | used]:
            yield Note(file, f"Columns that were not taken over: {listed(unused)}.", NoteKind.LEFT_OUT)
        if "id" not in self.map.fields and self.groups:
            first = next(iter(self.groups.values()))
            yield Note(file, f"No column holds ids; documents are named by file and row, such as {first.id!r}.")
        if self.joined:
            made = f"{len(self.groups):,} document{'s' * (len(self.groups) != 1)}"
            yield Note(
                file, f"{len(self.groups) + self.joined:,} rows made {made}: rows of one dialogue are one document."
            )
        if self.silent:
            places = ", ".join(where.removeprefix(f"{file}, ") for _, where in self.silent[:8])
            more = f" and {len(self.silent) - 8:,} more" if len(self.silent) > 8 else ""
            rows = "1 row has" if len(self.silent) == 1 else f"{len(self.silent):,} rows have"
            yield Note(file, f"{rows} no transcript: {places}{more}.", NoteKind.LEFT_OUT)

    def _add(self, row: Mapping[str, Any], where: str) -> None:
        fields = Row(row, where, self.map, self.options.missing if self.cells else Missing.TEXT, self.cells)
        row_id = fields.text("id", longest=MAX_ID_LENGTH).strip()
        if self.map.rows_are_turns:
            self._add_turn(fields, row_id, where)
            return
        if not self.own and fields.is_silent:
            self.silent.append((row_id, where))
            return
        spoken = fields.spoken()
        texts, about = fields.references(), fields.about()
        group = self._group(row_id, spoken, where, fields)
        if query := fields.text("query"):
            group.queries.setdefault(query, []).extend(text for _, text in texts)
        else:
            group.references += [pair for pair in texts if pair not in group.references]
        group.about = about | group.about

    def _add_turn(self, fields: Row, row_id: str, where: str) -> None:
        if "id" in self.map.fields and not row_id and fields.text("content").strip():
            raise fields.fail("id", "is empty; expected the meeting that this row belongs to.")
        key = row_id or self.stem
        group = self.groups.setdefault(key, _Group(where, key, None))
        start = fields.seconds("start")
        content = fields.text("content")
        if content.strip():
            if len(group.utterances) >= MOST_LINES:
                raise TooLongError(group.where)
            group.utterances.append(Utterance(fields.text("speaker").strip(), content, start))
        group.about = fields.about() | group.about

    def _group(self, row_id: str, spoken: Any, where: str, fields: Row) -> _Group:
        if "id" in self.map.fields and not row_id:
            raise fields.fail("id", "is empty; expected a text.")
        if row_id in self.groups:
            group = self.groups[row_id]
            if group.spoken != spoken:
                raise fields.fail(
                    "id", f"{row_id!r} was used before, in {group.where}, with another transcript. Ids are unique."
                )
            self.joined += 1
            return group
        numbered = NUMBERED.match(row_id)
        dialogue = (repr(spoken), numbered["stem"] if numbered else "")
        if (not row_id or numbered) and dialogue in self.by_dialogue:
            group = self.groups[self.by_dialogue[dialogue]]
            group.ids.append(row_id)
            self.joined += 1
            return group
        new_id = row_id or f"{self.stem}-{self.count}"
        self.groups[new_id] = _Group(where, new_id, spoken, ids=[row_id])
        self.by_dialogue.setdefault(dialogue, new_id)
        return self.groups[new_id]

    def _record(self, group: _Group) -> tuple[ImportedRecord, TranscriptText]:
        where = Fields({}, group.where)
        transcript = self._transcript(group, where)
        require_speech(where, "transcript", transcript.turns)
        document_id = group.id
        if len(group.ids) > 1 and (numbered := NUMBERED.match(group.id)) and numbered["stem"] not in self.groups:
            document_id = numbered["stem"]
        return (
            ImportedRecord(
                id=where.check_text("id", document_id, required=True, longest=MAX_ID_LENGTH),
                title=group.about.get("title", ""),
                turns=transcript.turns,
                original_turns=transcript.turns,
                language=group.about.get("language", "") or self.options.language,
                references=tuple(group.references),
                queries=tuple(ImportedQuery(query, tuple(texts)) for query, texts in group.queries.items()),
                metadata=group.about.get("metadata", {}),
                terms=group.about.get("terms", Terms()),
                split=group.about.get("split", ""),
                where=group.where,
            ),
            transcript,
        )

    def _transcript(self, group: _Group, where: Fields) -> TranscriptText:
        if self.map.rows_are_turns:
            turns: list[Turn] = join_utterances(group.utterances)
        elif isinstance(group.spoken, str):
            return read_transcript(group.spoken)
        else:
            turns = [turn for turn in group.spoken if turn["content"].strip()]
        transcript = TranscriptText(turns)
        for turn in turns:
            where.check_text("transcript", turn["content"])
            transcript.speakers[turn["speaker"]] = transcript.speakers.get(turn["speaker"], 0) + 1
        return transcript


def _speakers(transcript: TranscriptText, where: str, document_id: str) -> Note | None:
    if not any(transcript.speakers):
        return Note(where, "No speaker was found.", document_id=document_id)
    if without := transcript.speakers.get(""):
        return Note(where, f"{without:,} of {len(transcript.turns):,} turns have no speaker.", document_id=document_id)
    return None
