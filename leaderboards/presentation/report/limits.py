"""Say what a decision report does not show: each limit as a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.flags import FlagNote
from leaderboards.presentation.trust.voters import said_of_voters
from lib.numbers import format_count
from lib.text.translated import translated, translated_list

Values = Mapping[str, Any]


PREFERRED = (
    "People said which summary they prefer. Nobody checked every statement: a preferred summary may hold a mistake."
)


def limits_of(
    board: dict[str, Any], flags: FlagNote, left_out: list[str], *, simulated: bool = False, chosen: bool = False
) -> list[str]:
    """List the limits in the language of the page, those of this study before those of every study."""
    return [
        *_left_out(board, left_out),
        *_flagged(board, flags),
        *_incomplete(board),
        *(_begun(warning) for warning in in_numbers(board)["warnings"]),
        *_holds_for(board),
        *_chosen(chosen),
        translated(said_of_voters(PREFERRED, simulated=simulated)),
        gettext("Time, memory and prices of the invented systems are stated, not measured.")
        if simulated
        else gettext("Time and memory are those of the machines that ran the systems."),
        *_not_shown(board),
    ]


def _begun(warning: str) -> str:
    shown = translated(warning)
    return shown[0].upper() + shown[1:] if shown == warning else shown


def _holds_for(board: Values) -> Iterator[str]:
    if not board["documents"]:
        return  # nobody rated: nothing is said that could hold
    yield ngettext(
        "It holds for meetings like the %(n)s document of %(dataset)s, with the %(instruction)s instruction, and for "
        "readers like those who rated.",
        "It holds for meetings like the %(n)s documents of %(dataset)s, with the %(instruction)s instruction, and for "
        "readers like those who rated.",
        board["documents"],
    ) % {
        "n": format_count(board["documents"]),
        "dataset": board["dataset"],
        "instruction": translated(board["instruction"]),
    }


def _chosen(chosen: bool) -> Iterator[str]:
    if chosen:
        yield gettext("The documents were chosen, not drawn at random: other meetings may be unlike them.")


def _left_out(board: Values, left_out: list[str]) -> Iterator[str]:
    if left_out:
        yield gettext("This view leaves out: %(left_out)s. It counts %(votes)s of %(of_all)s votes.") % {
            "left_out": translated_list(left_out, "; "),
            "votes": format_count(board["votes_filtered"]),
            "of_all": format_count(board["votes_unfiltered"]),
        }


def _flagged(board: Values, flags: FlagNote) -> Iterator[str]:
    if flags.left_out:
        n = len(board.get("flagged_annotators", []))
        yield ngettext(
            "Votes of %(n)s annotator whom a check flags are left out.",
            "Votes of %(n)s annotators whom a check flags are left out.",
            n,
        ) % {"n": format_count(n)}
    elif not flags.known:
        yield gettext("Which annotators the checks flag is not computed yet; their votes count.")
    elif flags.names:
        n = len(flags.names)
        yield ngettext(
            "Checks flag %(n)s annotator of %(annotators)s; their votes count here.",
            "Checks flag %(n)s annotators of %(annotators)s; their votes count here.",
            n,
        ) % {"n": format_count(n), "annotators": format_count(board["annotators"])}
    if board["flagged_votes"] and board["filters"].get("flagged", "in") == "in":
        yield ngettext(
            "%(n)s vote on summaries that name a model or maker which the meeting does not mention count here: those "
            "were perhaps not blind.",
            "%(n)s votes on summaries that name a model or maker which the meeting does not mention count here: those "
            "were perhaps not blind.",
            board["flagged_votes"],
        ) % {"n": format_count(board["flagged_votes"])}


def _incomplete(board: Values) -> Iterator[str]:
    """Say what was cut off or empty among the summaries of the two systems."""
    verdict = board["verdict"]
    for line in board["systems"]:
        if line["system"] not in (verdict["small"], verdict["large"]):
            continue
        parts = [
            what % {"n": format_count(line[field])}
            for field, what in (
                ("cut_inputs", gettext("a part of the meeting was not read in %(n)s")),
                ("cut_outputs", gettext("the text was cut off at its limit in %(n)s")),
                ("empty_outputs", gettext("nothing was written in %(n)s")),
            )
            if line[field]
        ]
        if parts:
            yield gettext("Of %(summaries)s summaries of %(system)s: %(parts)s.") % {
                "summaries": format_count(line["summaries"]),
                "system": line["system"],
                "parts": translated_list(parts, ", "),
            }


def _not_shown(board: Values) -> Iterator[str]:
    others = len(board["systems"]) - 2
    if others > 0:
        yield ngettext(
            "%(n)s other system of the study and the automatic metrics are not in this report.",
            "%(n)s other systems of the study and the automatic metrics are not in this report.",
            others,
        ) % {"n": format_count(others)}
