"""The planned looks of a study as rows: what was planned, and what each look found. They name no system and nobody."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite

from annotations.models import Study
from annotations.studies.checks import stored_moments
from leaderboards.exports.columns import FLAG, NUMBER, TEXT, WHOLE
from leaderboards.exports.rows import Row
from leaderboards.models import TakenLook

# Type and meaning of each column: the data dictionary that croissant.json and docs/data-formats.md have.
LOOK_COLUMNS = {
    "number": (WHOLE, "1 for the first look of the plan."),
    "planned_by": (TEXT, "votes or dates."),
    "planned_votes": (WHOLE, "Of looks at numbers of votes: at how many it is planned."),
    "planned_at": (TEXT, "Of looks at dates: the moment it is planned for, in UTC."),
    "maximum_votes": (WHOLE, "Votes between the two systems in question that are planned for the end."),
    "spending": (TEXT, "How the level is spread over the looks: obrien-fleming or pocock."),
    "criterion": (TEXT, "The question that the votes answer."),
    "margin": (NUMBER, "How far below one half the share of the small system may lie; empty: which one is better."),
    "taken": (FLAG, "Whether the look was taken; what follows is empty where it was not."),
    "last_tstamp": (NUMBER, "When the last vote that it reads was given, in Unix seconds, as votes.tstamp."),
    "votes": (WHOLE, "Votes that it reads."),
    "documents": (WHOLE, "How many documents they are on."),
    "annotators": (WHOLE, "How many judges gave them."),
    "information": (NUMBER, "Votes in parts of maximum_votes."),
    "level": (NUMBER, "One-sided level that is spent with it, of 0.025."),
    "boundary": (NUMBER, "Standard errors that a claim takes, were the errors known; empty: nothing was looked at."),
    "needed": (NUMBER, "Standard errors that a claim takes with so few documents and judges."),
    "distance": (NUMBER, "Standard errors, in log-odds, from the limit (-margin, or 0) to the difference."),
    "difference": (NUMBER, "Estimate: the chance of the small system to win, less one half."),
    "lower": (NUMBER, "Lower end of its interval at this look."),
    "upper": (NUMBER, "Upper end of its interval at this look."),
    "error": (NUMBER, "Standard error of the difference."),
    "freedom": (NUMBER, "Degrees of freedom of the standard error."),
    "claim": (TEXT, "What it found: good_enough, not_good_enough, better, worse (the small system) or open."),
    "reason": (TEXT, "Why it can say nothing; empty where it can."),
    "code_version": (TEXT, "The version that took it."),
}
LOOK_TYPES = {name: kind for name, (kind, _) in LOOK_COLUMNS.items()}
_FOUND = (
    *("votes", "documents", "annotators", "level", "boundary", "needed", "distance", "difference", "lower", "upper"),
    *("error", "freedom", "claim", "code_version"),
)


def look_rows(study: Study) -> Iterator[Row]:
    """Yield a row for each planned look, taken or not; nothing where none are planned. Takes no look."""
    taken = {look.number: look for look in study.taken_looks.all()}
    criterion = study.criteria.values_list("key", flat=True).first()
    votes, dates = study.look_votes or [], stored_moments(study.look_moments)
    maximum = votes[-1] if votes else study.look_maximum
    for number in range(1, study.planned_looks + 1):
        plan = {
            "number": number,
            "planned_by": "votes" if votes else "dates",
            "planned_votes": votes[number - 1] if votes else None,
            "planned_at": None if votes else dates[number - 1],
            "maximum_votes": maximum,
            "spending": study.look_spending,
            "criterion": criterion,
            "margin": study.noninferiority_margin,
            "taken": number in taken,
        }
        yield dict.fromkeys(LOOK_COLUMNS) | plan | (_found(taken[number], maximum) if number in taken else {})


def _found(look: TakenLook, maximum: int | None) -> Row:
    """Return what a look found; one from before it was written down has its information from the plan."""
    information = look.votes / maximum if look.information is None and maximum else look.information
    values = {name: _finite(getattr(look, name)) for name in _FOUND}
    return values | {
        "information": information,
        "last_tstamp": _seconds(look.last_vote_at),
        "reason": look.reason or None,
    }


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else round(moment.timestamp(), 3)


def _finite(value: object) -> object:
    """Leave out a boundary that nothing crosses, which JSON cannot write."""
    return None if isinstance(value, float) and not isfinite(value) else value
