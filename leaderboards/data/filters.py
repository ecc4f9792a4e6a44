"""Which votes a board counts, and how. The address of a board says so: a link shows the same to everybody."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from annotations.blindness.leak_check import in_flagged_pair
from annotations.models import Invitation, JudgeType, Study
from annotations.quality.flagged import flagged_annotators
from models_runner.models.systems import COMPACT_BELOW, LARGE_FROM
from stats.ratings.estimates import Ties

# Words from which a document is medium, and long: about what fits 2,048 and 8,192 tokens beside a summary.
MEDIUM_FROM, LONG_FROM = 1_500, 6_000
LENGTHS = {
    "short": f"short (under {MEDIUM_FROM:,} words)",
    "medium": f"medium ({MEDIUM_FROM:,} to {LONG_FROM - 1:,} words)",
    "long": f"long ({LONG_FROM:,} words or more)",
}
SIZES = {"compact": "compact (under 2B)", "mid": "mid (2B to 7B)", "large": "large (7B or more)"}
JUDGES = {"all": "everybody", "human": "people", "llm": "language models"}
FLAGGED = {"in": "count", "out": "left out"}
RATERS = {"all": "count", "unflagged": "left out"}
TIES = {"half": "half a win each", "dropped": "left out", "davidson": "with a parameter of their own (Davidson)"}
CONTROL = {"": "as they are", "length": "also at equal length", "style": "also at equal style"}
STRENGTH = {"": "does not count", "ordinal": "counts: much better says more"}
WEIGHTS = {"equal": "alike", "chance": "by 1 / chance of the draw", "reliability": "by the annotator’s reliability"}
# Groups of annotators; one more for each shared invitation, named by its number.
GROUPS = {
    "open": "by the open link",
    "personal": "by personal invitations",
    "imported": "rated elsewhere (imported)",
}
# Whose answers a board is of: people's votes, the verdicts of the judge that is named behind this, or both together.
PEOPLE, JUDGE, HELPED = "people", "judge:", "helped:"
LONGEST_SOURCE = 120
# What says something about people alone.
OF_PEOPLE = ("judges", "flagged", "group", "weights", "raters", "strength")
# What help by a judge has no meaning for, or is not known for.
NOT_HELPED = ("judges", "flagged", "ties", "control", "anchor", "strength")
INVITATION = re.compile(r"[1-9][0-9]{0,17}")


class UnknownFilterError(ValueError):
    """An address asks for a filter or a value that there is not."""

    def __init__(self, parameter: str, value: str, expected: str) -> None:
        self.parameter = parameter
        super().__init__(f"The address asks for {parameter}={value!r}. Expected {parameter}: {expected}.")


@dataclass(frozen=True)
class Filters:
    """What an address may ask for; "" is no restriction.

    Attributes:
        judges, flagged, length: Which votes count.
        raters: Whether the votes of annotators count whom a check of the quality page flags.
        language, split: The document's.
        group: Whose votes count: one of GROUPS, or the number of an invitation.
        size: The size class of the systems on the board.
        ties, weights: How votes count.
        strength: Whether it counts how much better a summary is; then ties have a parameter of their own.
        control: What is shown beside the ratings.
        anchor: The system whose rating is fixed, by its slug; "" fixes the mean.
        source: PEOPLE, or JUDGE or HELPED and a judge's name.
    """

    judges: str = "all"
    flagged: str = "in"
    language: str = ""
    length: str = ""
    split: str = ""
    group: str = ""
    size: str = ""
    ties: str = "half"
    weights: str = "equal"
    control: str = ""
    raters: str = "all"
    anchor: str = ""
    source: str = PEOPLE
    strength: str = ""

    def __post_init__(self) -> None:
        for name, options in OPTIONS.items():
            if (value := getattr(self, name)) not in options:
                raise UnknownFilterError(name, value, ", ".join(option for option in options if option))
        if self.group and self.group not in GROUPS and not INVITATION.fullmatch(self.group):
            raise UnknownFilterError("group", self.group, f"{', '.join(GROUPS)} or the number of an invitation")
        if self.strength and self.ties != "half":
            raise UnknownFilterError("ties", self.ties, f"nothing together with strength={self.strength}")
        self._check_source()

    def _check_source(self) -> None:
        named = self.judge or self.helped
        if self.source != PEOPLE and not (named and len(self.source) <= LONGEST_SOURCE):
            expected = f"{PEOPLE}, {JUDGE}NAME or {HELPED}NAME"
            raise UnknownFilterError("source", self.source[:LONGEST_SOURCE], expected)
        for name in self.refused:
            if (value := getattr(self, name)) != DEFAULTS[name]:
                raise UnknownFilterError(name, value, f"nothing together with source={self.source}")

    @property
    def judge(self) -> str:
        """The judge whose verdicts the board is of; "" for a board of people's votes."""
        return self.source.removeprefix(JUDGE) if self.source.startswith(JUDGE) else ""

    @property
    def helped(self) -> str:
        """The judge whose verdicts help people's votes; "" where none does."""
        return self.source.removeprefix(HELPED) if self.source.startswith(HELPED) else ""

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of filters that cannot be set together with this source."""
        return OF_PEOPLE if self.judge else NOT_HELPED if self.helped else ()

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Filters":
        """Read the filters of an address, ignoring its other parameters. Raises UnknownFilterError."""
        return cls(**{field.name: query[field.name] for field in fields(cls) if query.get(field.name)})

    @classmethod
    def from_key(cls, key: str) -> "Filters":
        """Return the filters with this key. Raises UnknownFilterError, also for a parameter that is no filter."""
        asked = dict(parse_qsl(key))
        for name in asked.keys() - DEFAULTS.keys():
            raise UnknownFilterError(name, asked[name], f"nothing; the filters are {', '.join(DEFAULTS)}")
        return cls(**asked)

    @property
    def asked(self) -> dict[str, str]:
        """What differs from the defaults, always in the same order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != DEFAULTS[name]}

    @property
    def key(self) -> str:
        """The query string, the same text for the same filters."""
        return urlencode(self.asked)

    @property
    def restricts(self) -> bool:
        """Whether votes may be left out."""
        return any(name in RESTRICTIONS for name in self.asked)

    @property
    def tie_rule(self) -> Ties:
        return Ties.ORDINAL if self.strength else Ties(self.ties)


OPTIONS: dict[str, Mapping[str, str]] = {
    "judges": JUDGES,
    "flagged": FLAGGED,
    "length": {"": "", **LENGTHS},
    "size": {"": "", **SIZES},
    "ties": TIES,
    "weights": WEIGHTS,
    "strength": STRENGTH,
    "control": CONTROL,
    "raters": RATERS,
}
DEFAULTS = {field.name: str(field.default) for field in fields(Filters)}
DEFAULT = Filters()

_ANNOTATOR, _COMPARISON = "assignment__annotator", "assignment__comparison__"
_PARAMETERS = "run__system__parameters"


def restriction(filters: Filters, study: Study) -> Q:
    """Condition on judgements and on their revisions: the filters let them in."""
    allowed = Q()
    for name, value in filters.asked.items():
        if name in RESTRICTIONS:
            allowed &= RESTRICTIONS[name](value, study)
    return allowed


def pair_restriction(filters: Filters) -> Q:
    """Condition on comparisons: the filters let them in."""
    allowed = Q()
    for name, value in filters.asked.items():
        if name in ABOUT_PAIRS:
            allowed &= ABOUT_PAIRS[name](value, "")
    return allowed


def _flagged(value: str, study: Study) -> Q:
    return ~in_flagged_pair(study)


def _raters(value: str, study: Study) -> Q:
    return ~Q(**{f"{_ANNOTATOR}__in": sorted(flagged_annotators(study))})


def _judges(value: str, study: Study) -> Q:
    return Q(**{f"{_ANNOTATOR}__judge_type": JudgeType(value)})


def _language(value: str, pair: str) -> Q:
    return Q(**{f"{pair}document__language": value})


def _length(value: str, pair: str) -> Q:
    words = f"{pair}document__word_count"
    return {
        "short": Q(**{f"{words}__lt": MEDIUM_FROM}),
        "medium": Q(**{f"{words}__gte": MEDIUM_FROM, f"{words}__lt": LONG_FROM}),
        "long": Q(**{f"{words}__gte": LONG_FROM}),
    }[value]


def _split(value: str, pair: str) -> Q:
    return Q(**{f"{pair}document__split": value})


def _group(value: str, study: Study) -> Q:
    invitation = f"{_ANNOTATOR}__invitation"
    if value == "imported":
        return Q(**{f"{_ANNOTATOR}__imported": True})
    if value == "open":
        return Q(**{invitation: None, f"{_ANNOTATOR}__imported": False})
    if value == "personal":
        return Q(**{f"{invitation}__kind": Invitation.Kind.EMAIL})
    return Q(**{invitation: int(value)}) & ~Q(**{f"{invitation}__kind": Invitation.Kind.EMAIL})


def _size(value: str, pair: str) -> Q:
    """Condition: both systems are of this size class."""
    allowed = Q()
    for side in "ab":
        parameters = f"{pair}summary_{side}__{_PARAMETERS}"
        allowed &= {
            "compact": Q(**{f"{parameters}__lt": COMPACT_BELOW}),
            "mid": Q(**{f"{parameters}__gte": COMPACT_BELOW, f"{parameters}__lt": LARGE_FROM}),
            "large": Q(**{f"{parameters}__gte": LARGE_FROM}),
        }[value]
    return allowed


def _of_votes(on_pairs: Callable[[str, str], Q]) -> Callable[[str, Study], Q]:
    """Return a condition on comparisons as one on judgements."""
    return lambda value, _study: on_pairs(value, _COMPARISON)


# Conditions by filter, given its value and the path from a row to its comparison.
ABOUT_PAIRS: dict[str, Callable[[str, str], Q]] = {
    "language": _language,
    "length": _length,
    "split": _split,
    "size": _size,
}
RESTRICTIONS: dict[str, Callable[[str, Study], Q]] = {
    "judges": _judges,
    "flagged": _flagged,
    **{name: _of_votes(on_pairs) for name, on_pairs in ABOUT_PAIRS.items()},
    "group": _group,
    "raters": _raters,
}
