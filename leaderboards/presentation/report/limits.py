"""Say what a decision report does not show: each limit as a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.flags import FlagNote
from lib.numbers import count_of, format_count

Values = Mapping[str, Any]
MAKES_NO_CLAIM = (
    "People said which summary they prefer. Nobody checked every statement: a preferred summary may hold a mistake."
)


def limits_of(board: dict[str, Any], flags: FlagNote, left_out: list[str]) -> list[str]:
    """List the limits, those of this study before those of every study."""
    return [
        *_left_out(board, left_out),
        *_flagged(board, flags),
        *_incomplete(board),
        *(warning[0].upper() + warning[1:] for warning in in_numbers(board)["warnings"]),
        f"It holds for meetings like the {count_of(board['documents'], 'document')} of {board['dataset']}, with the "
        f"{board['instruction']} instruction, and for readers like those who rated.",
        MAKES_NO_CLAIM,
        "Time and memory are those of the machines that ran the systems.",
        *_not_shown(board),
    ]


def _left_out(board: Values, left_out: list[str]) -> Iterator[str]:
    if left_out:
        votes, of_all = format_count(board["votes_filtered"]), format_count(board["votes_unfiltered"])
        yield f"This view leaves out: {'; '.join(left_out)}. It counts {votes} of {of_all} votes."


def _flagged(board: Values, flags: FlagNote) -> Iterator[str]:
    if flags.left_out:
        n = len(board.get("flagged_annotators", []))
        yield f"Votes of {count_of(n, 'annotator')} whom a check flags are left out."
    elif not flags.known:
        yield "Which annotators the checks flag is not computed yet; their votes count."
    elif flags.names:
        yield (
            f"Checks flag {count_of(len(flags.names), 'annotator')} of {format_count(board['annotators'])}; their "
            "votes count here."
        )
    if board["flagged_votes"] and board["filters"].get("flagged", "in") == "in":
        yield (
            f"{count_of(board['flagged_votes'], 'vote')} on summaries that name a model or maker which the meeting "
            "does not mention count here: those were perhaps not blind."
        )


def _incomplete(board: Values) -> Iterator[str]:
    """Say what was cut off or empty among the summaries of the two systems."""
    verdict = board["verdict"]
    for line in board["systems"]:
        if line["system"] not in (verdict["small"], verdict["large"]):
            continue
        parts = [
            f"{what} in {format_count(line[field])}"
            for field, what in (
                ("cut_inputs", "a part of the meeting was not read"),
                ("cut_outputs", "the text was cut off at its limit"),
                ("empty_outputs", "nothing was written"),
            )
            if line[field]
        ]
        if parts:
            yield f"Of {format_count(line['summaries'])} summaries of {line['system']}: {', '.join(parts)}."


def _not_shown(board: Values) -> Iterator[str]:
    others = len(board["systems"]) - 2
    if others > 0:
        yield f"{count_of(others, 'other system')} of the study and the automatic metrics are not in this report."
