"""Published data sets that are read without a map, and the names that columns commonly have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Names that columns of transcripts and references commonly have, likeliest first, for what an error proposes.
HABITS: dict[str, tuple[str, ...]] = {
    name: tuple(habits.split())
    for name, habits in {
        "transcript": "transcript dialogue dialog conversation meeting_transcripts meeting_transcript source input "
        "text document article utt utterances turns messages content",
        "reference": "reference summary summaries gold target highlights abstract minutes answer output label "
        "reference_summary human_summary",
        "id": "id fname meeting_id document_id doc_id uid uuid name dialogue_id dialog_id key",
        "query": "query question",
        "title": "title",
        "speaker": "speaker speaker_name name participant",
        "content": "content text utterance sentence words",
        "start": "start start_time starttime begin time timestamp",
    }.items()
}


@dataclass(frozen=True)
class KnownSet:
    """A published data set that is read without a map.

    Attributes:
        needs: Columns that tell it.
        may_have: Other columns it comes with; any other, and it is not this set.
        milliseconds: Starts that are whole numbers are milliseconds.
    """

    name: str
    needs: frozenset[str]
    may_have: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    milliseconds: bool = False


def _known(name: str, needs: str, may_have: str, **fields: str) -> KnownSet:
    named = {key.replace("__", "."): tuple(value.split()) for key, value in fields.items()}
    return KnownSet(name, frozenset(needs.split()), frozenset(may_have.split()), named)


_NUMBERED_SUMMARIES = "summary summary1 summary2 summary3"
_ROW = "idx __index_level_0__"
KNOWN_SETS = (
    _known(
        "DialogSum",
        "dialogue summary1",
        f"fname id summary summary2 summary3 topic topic1 topic2 topic3 {_ROW}",
        id="id fname",
        transcript="dialogue",
        reference="summary summary1 summary2 summary3",
        metadata__topic="topic topic1",
    ),
    _known(
        "DialogSum, SAMSum or AMI",
        "dialogue summary",
        f"fname id topic tags split {_ROW}",
        id="id fname",
        transcript="dialogue",
        reference="summary",
        metadata__topic="topic",
    ),
    _known(
        "MediaSum",
        "utt speaker summary",
        f"id program date url title {_ROW}",
        id="id",
        transcript="utt",
        speaker="speaker",
        reference="summary",
        title="title",
        metadata__program="program",
        metadata__date="date",
        metadata__url="url",
    ),
    _known(
        "MeetingBank",
        "transcript summary",
        f"id uid meeting_id type city date title {_ROW}",
        id="uid meeting_id id",
        transcript="transcript",
        reference="summary",
        title="title",
        metadata__city="city",
        metadata__type="type",
    ),
    _known(
        "MeetingBank",
        "source reference",
        f"id uid meeting_id type city token_len {_ROW}",
        id="meeting_id uid id",
        transcript="source",
        reference="reference",
        metadata__city="city",
        metadata__type="type",
    ),
)


def known_set(columns: Iterable[str]) -> KnownSet | None:
    columns = list(columns)
    there = set(columns)
    found = next((s for s in KNOWN_SETS if s.needs <= there and there <= s.needs | s.may_have), None)
    return found or _turns_in_rows(columns)


# Names of columns where each row is a turn, in any spelling: "Start time" is start_time.
_ROLES = {
    "speaker": "speaker speaker_name speaker_label participant name",
    "content": "text content utterance sentence message words speech",
    "start": "start start_time starttime start_s begin time timestamp",
    "id": "meeting_id meeting dialogue_id dialog_id conversation_id session_id session recording",
}
_BESIDE_TURNS = "id index row turn turn_id line number end end_time endtime end_s duration confidence speaker_id"
_WHISPER = {"start", "end", "text"}


def _turns_in_rows(columns: list[str]) -> KnownSet | None:
    """Return the map of a table whose rows are turns: one column of speakers, one of words, perhaps times and ids."""
    plain = {"_".join(column.lower().split()): column for column in columns}
    roles = {role: next((plain[name] for name in names.split() if name in plain), "") for role, names in _ROLES.items()}
    whisper = set(plain) == _WHISPER
    if not roles["content"] and roles["speaker"] and roles["start"]:
        # With who said it and when beside it, a transcript is that of one turn.
        roles["content"] = plain.get("transcript", "")
    known = {name for names in (*_ROLES.values(), _BESIDE_TURNS) for name in names.split()}
    known |= {"transcript"} if roles["content"] and roles["content"] == plain.get("transcript") else set()
    if len(plain) < len(columns) or not roles["content"] or not (roles["speaker"] or whisper) or set(plain) - known:
        return None
    if roles["speaker"].lower() == "name" and not roles["start"]:
        return None  # as well the name of a document
    fields = {role: (column,) for role, column in roles.items() if column}
    return KnownSet("turns in rows", frozenset(columns), frozenset(), fields, milliseconds=whisper)
