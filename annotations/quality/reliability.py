"""Show how reliable an annotator is: a place on a line, and a sentence."""

from collections.abc import Sequence

from stats.raters.reliability import Finding, Reliability

# The line goes from below 0 (against the others) to above 1 (like the group).
SHOWN_FROM, SHOWN_TO = -0.5, 1.5
AT_RANDOM, LIKE_THE_GROUP = 0.0, 1.0
WELL = 0.5
# What value and interval mean, in a sentence and in the few words that a cell has room for.
LIKE, UNLIKE, OPEN = "like", "unlike", "open"
SENTENCES = {
    Finding.AT_RANDOM.value: "answers like somebody who clicks at random",
    Finding.AGAINST.value: "answers against the others",
    LIKE: "sees the same differences as the others",
    UNLIKE: "sees few of the differences that the others see",
    OPEN: "too few votes to tell",
}
SHORT = {
    Finding.AT_RANDOM.value: "like random clicks",
    Finding.AGAINST.value: "against the others",
    LIKE: "like the group",
    UNLIKE: "little like it",
    OPEN: "too few votes",
}
WARNINGS = {
    Finding.AT_RANDOM.value: "answers like clicks at random",
    Finding.AGAINST.value: "answers against the others",
}


def place(value: float) -> float:
    """Give the place of a value on the line, from 0 to 1; what lies beyond an end is drawn there."""
    return min(max((value - SHOWN_FROM) / (SHOWN_TO - SHOWN_FROM), 0.0), 1.0)


def places(figures: Reliability) -> Sequence[float]:
    """Give the places of lower bound, value and upper bound on the line; none where they are undefined."""
    ends = (figures.lower, figures.value, figures.upper)
    return [place(value) for value in ends if value is not None]


def meaning(figures: Reliability) -> str:
    """Give what value and interval mean, a key of SENTENCES and SHORT; "" where there is no interval."""
    if figures.lower is None or figures.upper is None:
        return ""
    if figures.finding:
        return figures.finding
    if figures.lower > WELL:
        return LIKE
    return UNLIKE if figures.upper < WELL else OPEN
