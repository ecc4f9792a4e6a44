"""Say how the planned looks of a study stand, and draw them: distances at looks against the boundary."""

import math
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from annotations.models import Criterion, Study
from leaderboards.boards.stopping.planned import standing_of_looks
from leaderboards.boards.stopping.standing import LookStanding, PlannedLook
from leaderboards.models import TakenLook
from leaderboards.presentation.verdict_text import percent
from lib.numbers import format_count

Claim = TakenLook.Claim
# The picture: standard errors beyond these are drawn at its edge.
FARTHEST = 6.0
EDGE, LOW, HIGH = 8.0, 120.0, 16.0
UNUSED = "Rating was not open until the last date: what was left of the chance of a wrong claim was not used."
ENDED = "The study ended before it was decided."
NOT_YET = "No look is due yet."
NO_MORE = "The votes do not decide. Votes added now change nothing of that."
STANDS = "This stands, whatever votes come later."
NO_VOTES = "There are no votes between the two yet. Looks whose date is past are taken once there are some."
# Beside a verdict, which may say something else: its interval is as wide as one look at the end needs.
THEY_DECIDE = (
    "The planned looks decide, and not the verdict below: that takes all votes of now, as if nobody had looked before."
)


@dataclass(frozen=True)
class LookRow:
    """A look as a row of the table, and as a place in the picture, across in percent and down in pixels.

    Attributes:
        at: The date of a look at a date; "" of one at a number of votes.
        tick: What stands below it in the picture.
        y: Of the difference; "" before it is taken, and where nothing can be said.
        above, below: Of what a claim takes on either side; "" where that is not known.
        kind: "decided", "open" or "" for one that is not taken.
    """

    number: int
    votes: int | None
    at: str
    tick: str
    distance: float | None
    needed: float | None
    answer: str
    reason: str
    kind: str
    x: str
    y: str
    above: str
    below: str


@dataclass(frozen=True)
class SaidLooks:
    """Sentences, rows and picture.

    Attributes:
        heading: What to do: you may stop, go on, or it is over.
        kind: "decided", "open" or "waiting", for the colour.
        sentences: What was seen, and when the next look is.
        middle: Where the picture has the limit.
        description: The picture in words.
        small, large, criterion: The systems and the question that they are about.
        they_decide: What to say beside a verdict.
        zone: In which the dates of looks at dates are; "" of looks at numbers of votes.
        settled: Whether votes added now change nothing of it.
    """

    heading: str
    kind: str
    sentences: list[str]
    limit: str
    rows: list[LookRow]
    middle: str
    description: str
    small: str
    large: str
    criterion: Criterion
    zone: str = ""
    they_decide: str = THEY_DECIDE
    settled: bool = False


def looks_of(study: Study) -> SaidLooks | None:
    """Say how the planned looks of a study stand, those that are due included; None where none are planned."""
    standing = standing_of_looks(study)
    return None if standing is None else say_looks(standing)


def say_looks(standing: LookStanding) -> SaidLooks:
    """Say how planned looks stand."""
    rows = [_row(look, standing) for look in standing.looks]
    last = standing.decisive or next((look for look in reversed(standing.taken) if look.boundary is not None), None)
    seen = [_seen(last or standing.taken[-1], len(standing.looks))] if standing.taken else []
    heading, kind, more = _what_to_do(standing)
    zone = "" if standing.maximum is None else str(timezone.get_current_timezone())
    middle, description = f"{_down(0.0):.1f}", _description(standing)
    about = (standing.small, standing.large, standing.criterion)
    sentences, limit = [*seen, *more], _limit(standing)
    settled = standing.decisive is not None or standing.next is None
    return SaidLooks(heading, kind, sentences, limit, rows, middle, description, *about, zone, settled=settled)


def local(moment: datetime) -> str:
    """Write a moment in the zone of the site, in figures that every language has."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def _seen(look: TakenLook, looks: int) -> str:
    if look.planned_at is not None:
        return _seen_on(look, local(look.planned_at), looks)
    number, votes = look.number, format_count(look.votes)
    if look.distance is None or look.needed is None:
        return f"Look {number} of {looks}, planned at {votes} votes: nothing can be said ({look.reason})."
    far, needed = f"{abs(look.distance):.2f}", f"{look.needed:.2f}"
    if look.distance < 0:
        return (
            f"Look {number} of {looks}, planned at {votes} votes: the difference is {far} standard errors below the "
            f"limit; ending needs {needed}."
        )
    return (
        f"Look {number} of {looks}, planned at {votes} votes: the difference is {far} standard errors above the limit; "
        f"ending needs {needed}."
    )


def _seen_on(look: TakenLook, date: str, looks: int) -> str:
    number, votes = look.number, format_count(look.votes)
    if look.distance is None or look.needed is None:
        return f"Look {number} of {looks}, on {date}, with {votes} votes: nothing can be said ({look.reason})."
    far, needed = f"{abs(look.distance):.2f}", f"{look.needed:.2f}"
    if look.distance < 0:
        return (
            f"Look {number} of {looks}, on {date}, with {votes} votes: the difference is {far} standard errors below "
            f"the limit; ending needs {needed}."
        )
    return (
        f"Look {number} of {looks}, on {date}, with {votes} votes: the difference is {far} standard errors above the "
        f"limit; ending needs {needed}."
    )


def _what_to_do(standing: LookStanding) -> tuple[str, str, list[str]]:
    following = standing.next
    if standing.decisive is not None:
        return "You may stop.", "decided", [_claim(standing.decisive, standing.small, standing.large), STANDS]
    if following is None:
        return "The last look is over.", "open", [*_unspent(standing), NO_MORE]
    now = format_count(standing.votes)
    if following.at is not None:
        return _before_date(standing, local(following.at))
    at = format_count(following.votes)
    if standing.is_closed:
        closed = f"Rating was closed after {now} votes between the two, before the look planned at {at}."
        return ENDED, "open", [closed]
    wait = f"There are {now} votes between the two; the next look is at {at}. Nobody should decide before."
    return ("Go on." if standing.taken else NOT_YET), "waiting", [wait]


def _before_date(standing: LookStanding, date: str) -> tuple[str, str, list[str]]:
    now = format_count(standing.votes)
    first = standing.looks[0].at
    if not standing.votes and not standing.taken and first is not None and first <= timezone.now():
        return NOT_YET, "waiting", [NO_VOTES]
    if standing.is_closed:
        closed = (
            f"Rating was closed with {now} votes between the two, before the look on {date}. Unless it is open again "
            "by the last date, what is left of the chance of a wrong claim is not used."
        )
        return ENDED, "open", [closed]
    of = format_count(standing.maximum or 0)
    wait = (
        f"There are {now} votes between the two, of {of} that were planned; the next look is on {date}. Nobody should "
        "decide before."
    )
    return ("Go on." if standing.taken else NOT_YET), "waiting", [wait]


def _unspent(standing: LookStanding) -> list[str]:
    """Say why the last date spent less than was left."""
    if standing.maximum is None or standing.is_over:
        return []
    return [UNUSED]


def _claim(look: TakenLook, system: str, against: str) -> str:
    return {
        Claim.GOOD_ENOUGH: f"{system} is good enough to stand in for {against}.",
        Claim.NOT_GOOD_ENOUGH: f"{system} is not good enough to stand in for {against}.",
        Claim.BETTER: f"{system} is better than {against}.",
        Claim.WORSE: f"{system} is worse than {against}.",
    }[Claim(look.claim)]


def _limit(standing: LookStanding) -> str:
    if standing.margin is None:
        return "The limit is 50 %: where the two are preferred equally often."
    least = percent(0.5 - standing.margin)
    return f"The limit is {least}: so often the small system must surely be preferred to be good enough."


def _row(look: PlannedLook, standing: LookStanding) -> LookRow:
    taken = look.taken
    needed = taken.needed if taken is not None and taken.needed is not None else look.boundary
    distance = None if taken is None else taken.distance
    return LookRow(
        look.number,
        look.votes,
        "" if look.at is None else local(look.at),
        format_count(look.votes) if look.at is None else timezone.localtime(look.at).strftime("%m-%d"),
        distance,
        needed,
        "" if taken is None else _answer(taken),
        "" if taken is None else taken.reason,
        "" if taken is None else "decided" if taken.may_stop else "open",
        x=f"{EDGE + (100 - 2 * EDGE) * _across(look, standing):.2f}%",
        y="" if distance is None else f"{_down(distance):.1f}",
        above="" if needed is None else f"{_down(needed):.1f}",
        below="" if needed is None else f"{_down(-needed):.1f}",
    )


def _across(look: PlannedLook, standing: LookStanding) -> float:
    """Place a look from 0 to 1: by its votes, or one beside the other where these come as they come."""
    last = standing.looks[-1].votes
    if look.at is not None or not look.votes or not last:
        return (look.number - 0.5) / len(standing.looks)
    return look.votes / last


def _answer(taken: TakenLook) -> str:
    if taken.claim == Claim.OPEN:
        return "cannot say" if taken.reason else "not yet"
    return "you may stop"


def _down(errors: float) -> float:
    """Place standard errors in the picture; above is up."""
    held = math.copysign(min(abs(errors), FARTHEST), errors)
    return (LOW + HIGH) / 2 - held / FARTHEST * (LOW - HIGH) / 2


def _description(standing: LookStanding) -> str:
    taken = [look for look in standing.taken if look.distance is not None]
    if not taken:
        return "No look has said anything yet."
    last = taken[-1]
    return f"At {format_count(last.votes)} votes the difference is {last.distance:.2f} standard errors from the limit."
