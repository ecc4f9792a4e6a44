"""Join what was said, piece by piece, into turns."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models_runner.importing.records import MOST_TURNS, TooLongError, Turn

# Pieces whose speaker nobody knows are joined into paragraphs: to the end of a sentence once they have this many words,
# or until nobody speaks for a while.
PARAGRAPH_WORDS = 60
LONGEST_PARAGRAPH = 120
PAUSE = 3.0  # seconds from the end of one piece to the next
LONG_PIECE = 20.0  # seconds from one start to the next, where no ends are known
CHARACTERS_A_WORD = 6
SENTENCE_ENDS = tuple('.?!…。？！"”»')


@dataclass(frozen=True)
class Utterance:
    """Something one person said.

    Attributes:
        speaker: "" if nobody knows.
        start, end: Seconds since the beginning, where known.
        apart: It is certain that somebody else said what comes before.
    """

    speaker: str
    content: str
    start: float | None = None
    end: float | None = None
    apart: bool = False


def join_utterances(utterances: Iterable[Utterance]) -> list[Turn]:
    """Make one turn of what one speaker says without a break; its start is that of its first piece.

    Raises TooLongError.
    """
    turns: list[Turn] = []
    pieces: list[Utterance] = []
    for utterance in (replace(u, content=" ".join(u.content.split())) for u in utterances):
        if not utterance.content:
            continue
        if pieces and not _goes_on(pieces, utterance):
            turns.append(turn_of(pieces))
            pieces = []
            if len(turns) > MOST_TURNS:
                raise TooLongError
        pieces.append(utterance)
    return [*turns, turn_of(pieces)] if pieces else turns


def turn_of(pieces: list[Utterance]) -> Turn:
    first = pieces[0]
    turn: Turn = {"speaker": first.speaker, "content": " ".join(piece.content for piece in pieces)}
    return turn if first.start is None else turn | {"start": round(first.start, 3)}


def _goes_on(pieces: list[Utterance], following: Utterance) -> bool:
    last = pieces[-1]
    if last.speaker != following.speaker or following.apart:
        return False
    if following.speaker:
        return True
    if following.start is None or last.start is None:
        return False
    pause = following.start - last.start >= LONG_PIECE if last.end is None else following.start - last.end >= PAUSE
    words = sum(len(piece.content) for piece in pieces) / CHARACTERS_A_WORD
    full = words >= PARAGRAPH_WORDS and last.content.endswith(SENTENCE_ENDS)
    return not pause and not full and words < LONGEST_PARAGRAPH
