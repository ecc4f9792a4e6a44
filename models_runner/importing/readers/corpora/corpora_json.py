"""Read the JSON of meeting corpora: AMI and ICSI as dialogue acts, and MeetingBank."""

from collections.abc import Iterator, Mapping
from typing import Any

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.recognition.cloud_json import CONTENT_KEYS, END_KEYS, NAME_KEYS, START_KEYS
from models_runner.importing.readers.recognition.pieces import items, number, speaker_of, text_of
from models_runner.importing.readers.records_of import notes_on, record_of_turns
from models_runner.importing.reading import Outcome, Reader, ReadOptions
from models_runner.importing.records import MAX_ID_LENGTH, Fields, ImportedRecord, RecordError
from models_runner.importing.speech.text import TranscriptText, read_transcript
from models_runner.importing.speech.turns import Utterance, join_utterances

ACT_KEYS = ("startwordid", "endwordid", "dialogueAct", "dialogue_act", "da", "attributes")


def _json(source: SourceFile) -> Any:
    return source.json if source.may_be_json else None


def recognise_acts(source: SourceFile) -> str:
    found = items(_json(source))
    are_acts = (
        bool(found) and all("text" in i and "speaker" in i for i in found) and any(k in found[0] for k in ACT_KEYS)
    )
    return "its records are dialogue acts with speaker, starttime and text" if are_acts else ""


def read_acts(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    """Read the acts in the order of their starts, because the files go speaker by speaker."""
    utterances = [_of_act(item) for item in items(_json(source))]
    if not utterances:
        raise RecordError(
            source.name, "has no dialogue acts; expected a list of objects with speaker, starttime and text."
        )
    if all(utterance.start is not None for utterance in utterances):
        utterances.sort(key=lambda utterance: utterance.start or 0)
    yield from record_of_turns(source, options, _transcript(utterances))


def _of_act(item: Mapping[str, Any]) -> Utterance:
    speaker, text = str(item.get("speaker", "")).strip(), text_of(item.get("text"))
    return Utterance(speaker, text, number(item, *START_KEYS), number(item, *END_KEYS))


def _transcript(utterances: list[Utterance]) -> TranscriptText:
    transcript = TranscriptText(join_utterances(utterances), numbered_by="second")
    for turn in transcript.turns:
        transcript.speakers[turn["speaker"]] = transcript.speakers.get(turn["speaker"], 0) + 1
    return transcript


# ---- MeetingBank: {meeting: {"itemInfo": {item: {"Summary": ..., "transcripts": [...]}}}}


def _items_of(meeting: Any) -> Mapping[str, Any] | None:
    if not isinstance(meeting, Mapping):
        return None
    return next(
        (value for key, value in meeting.items() if key.lower() == "iteminfo" and isinstance(value, Mapping)), None
    )


def recognise_meetingbank(source: SourceFile) -> str:
    value = _json(source)
    found = (
        isinstance(value, Mapping) and bool(value) and all(_items_of(meeting) is not None for meeting in value.values())
    )
    return "its meetings have itemInfo, as MeetingBank's" if found else ""


def read_meetingbank(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    """Read each item of each meeting as a document, with its summary as the reference."""
    value = _json(source)
    if not isinstance(value, Mapping):
        raise RecordError(source.name, "is not MeetingBank's JSON; expected an object of meetings.")
    for meeting, content in value.items():
        for item_id, item in (_items_of(content) or {}).items():
            where = f"{source.name}, meeting {meeting}, item {item_id}"
            try:
                yield from _meetingbank_item(
                    Fields(item, where) if isinstance(item, dict) else Fields({}, where),
                    f"{meeting}_{item_id}",
                    options,
                )
            except RecordError as error:
                yield error


def _of_item(item: Mapping[str, Any]) -> Utterance:
    content = text_of(next((item[key] for key in CONTENT_KEYS if isinstance(item.get(key), str)), ""))
    return Utterance(speaker_of(item, *NAME_KEYS), content, number(item, *START_KEYS), number(item, *END_KEYS))


def _meetingbank_item(fields: Fields, document_id: str, options: ReadOptions) -> Iterator[Outcome]:
    by_name = {key.lower(): value for key, value in fields.values.items()}
    spoken = by_name.get("transcripts", by_name.get("transcript"))
    transcript = (
        read_transcript(spoken) if isinstance(spoken, str) else _transcript([_of_item(i) for i in items(spoken)])
    )
    if not transcript.turns:
        raise fields.fail("transcripts", "is empty: nobody says anything.")
    summary = by_name.get("summary")
    yield ImportedRecord(
        id=fields.check_text("id", document_id, required=True, longest=MAX_ID_LENGTH),
        turns=transcript.turns,
        original_turns=transcript.turns,
        language=options.language,
        references=(("", summary),) if isinstance(summary, str) and summary.strip() else (),
        metadata={"type": by_name["type"]} if isinstance(by_name.get("type"), str) else {},
        where=fields.where,
    )
    yield from notes_on(fields.where, document_id, transcript)


READERS = (
    Reader("ami", "AMI and ICSI, JSON of dialogue acts", recognise_acts, read_acts, (".json",), "", "speakers, starts"),
    Reader(
        "meetingbank",
        "MeetingBank JSON",
        recognise_meetingbank,
        read_meetingbank,
        (".json",),
        "",
        "an item a document, its summary as reference, its type",
    ),
)
