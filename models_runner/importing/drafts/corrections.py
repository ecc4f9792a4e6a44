"""What a person corrects in a preview: names of speakers, and documents that are left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models_runner.importing.records import ImportedRecord, Turn


@dataclass(frozen=True)
class Corrections:
    """Corrections of one import.

    Attributes:
        speakers: New names by the speaker that was found; "" where it is no speaker but part of what was said.
        left_out: Ids of documents that are not imported.
    """

    speakers: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()

    def as_json(self) -> dict[str, object]:
        return {"speakers": dict(self.speakers), "left_out": list(self.left_out)}


def corrected(records: Iterable[ImportedRecord], corrections: Corrections) -> list[ImportedRecord]:
    """Return the records as they will be stored, in order."""
    changed = {old: new for old, new in corrections.speakers.items() if old != new}
    kept = [record for record in records if record.id not in corrections.left_out]
    if not changed:
        return kept
    return [
        replace(
            record,
            turns=[_corrected_turn(turn, changed) for turn in record.turns],
            original_turns=[_corrected_turn(turn, changed) for turn in record.original_turns],
        )
        for record in kept
    ]


def _corrected_turn(turn: Turn, changed: Mapping[str, str]) -> Turn:
    speaker = turn["speaker"]
    if speaker not in changed:
        return turn
    if changed[speaker]:
        return turn | {"speaker": changed[speaker]}
    return turn | {"speaker": "", "content": f"{speaker}: {turn['content']}"}


def speakers_of(records: Iterable[ImportedRecord]) -> dict[str, int]:
    """Count the turns of each speaker, in the order of their first words."""
    counts: dict[str, int] = {}
    for record in records:
        for turn in record.turns:
            if turn["speaker"]:
                counts[turn["speaker"]] = counts.get(turn["speaker"], 0) + 1
    return counts
