"""What every value of every metric is: of the site's own metrics, and of those that packages add."""

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import get_language

from lib.plugins import BrokenPluginError
from models_runner.metrics.descriptions import OWN
from models_runner.metrics.protocol import Direction, OnBoards, ValueDescription
from models_runner.metrics.registry import METRICS, get_metric

VALUE_NAME = re.compile(r"[a-z][a-zA-Z0-9_]{0,49}")
# What the line of a board says of a system beside metrics; a value of one of these names would take its place.
TAKEN = frozenset(
    {
        *("system", "name", "regime", "size_class", "reasons", "part", "annotators", "documents", "too_few", "seconds"),
        *("rating", "rating_lower", "rating_upper", "rank", "rank_best", "rank_worst", "all_lower", "all_upper"),
        *("iid_lower", "iid_upper", "votes", "win_rate", "both_bad_rate", "parameters", "interval", "shortness"),
        *("summaries", "cut_inputs", "dropped_tokens", "cut_outputs", "empty_outputs", "leaked"),
        *(f"equal_{what}_{end}" for what in ("length", "style") for end in ("rating", "lower", "upper")),
    }
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeclaredValue:
    """A value with the metric that it is of."""

    metric: str
    value: ValueDescription


OWN_VALUES = {value.name: DeclaredValue(key, value) for key, own in OWN.items() for value in own}
# A board has a column for each of these whatever summaries have. A package's values come once there are some.
ALWAYS = tuple(name for name, declared in OWN_VALUES.items() if declared.value.on_boards == OnBoards.ALWAYS)


@cache
def declared_values() -> dict[str, DeclaredValue]:
    """Return every value by name: the site's own first, then those of packages. What is broken is left out."""
    values = dict(OWN_VALUES)
    for key in METRICS:
        if METRICS.is_own(key):
            continue
        try:
            added = _values_of_package(key, taken=values.keys() | TAKEN)
        except BrokenPluginError as error:
            logger.warning("%s", error)
            continue
        values |= {value.name: DeclaredValue(key, value) for value in added}
    return values


def look_again() -> None:
    """Forget which packages are installed, and what they said."""
    METRICS.look_again()
    declared_values.cache_clear()
    get_metric.cache_clear()


def metric_problems() -> list[str]:
    """Return why metrics of packages cannot be used."""
    declared_values()
    return METRICS.problems()


def describe(names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return descriptions as values for JSON, of all values or of these; names of no metric are left out."""
    values = declared_values()
    return [_as_json(values[name]) for name in (values if names is None else names) if name in values]


def _as_json(declared: DeclaredValue) -> dict[str, Any]:
    value = declared.value
    return {
        "name": value.name,
        "metric": declared.metric,
        "label": value.label,
        "unit": value.unit,
        "direction": str(value.direction),
        "range": [value.lowest, value.highest],
        "needs": [str(need) for need in value.needs],
        "help": value.help_text,
    }


def board_values(present: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names that boards have columns for, given those of which there are scores."""
    if not present:
        return ALWAYS
    return tuple(
        name
        for name, declared in declared_values().items()
        if name in ALWAYS or (name in present and declared.value.on_boards != OnBoards.NEVER)
    )


def possible_board_values() -> tuple[str, ...]:
    """Return the names that boards have columns for once there are scores."""
    return board_values(declared_values().keys())


def declared_value(name: str) -> DeclaredValue | None:
    """Return what the value of this name is; None where no metric has one. Loads no package for the site's own."""
    return OWN_VALUES.get(name) or declared_values().get(name)


def direction_of(name: str) -> Direction:
    """Return which values of this name are better; NONE where no metric has such a value."""
    declared = declared_value(name)
    return declared.value.direction if declared else Direction.NONE


def label_of(name: str) -> str:
    """Return the label of a value: English, or a package's own words in the language of the page.

    Of a name that no metric has, the name.
    """
    declared = declared_value(name)
    if declared is None:
        return name
    return _in_language(declared.value)[0]


def help_of(name: str) -> str:
    """Return a sentence on what a value says, in the language of label_of; "" of a name that no metric has."""
    declared = declared_value(name)
    return _in_language(declared.value)[2] if declared else ""


def _in_language(value: ValueDescription) -> tuple[str, str, str]:
    return value.translations.get(get_language() or "") or (value.label, value.unit, value.help_text)


# ---- packages


def _values_of_package(key: str, *, taken: Collection[str]) -> Sequence[ValueDescription]:
    """Return what a package's metric says of its values. Raises BrokenPluginError."""
    values = getattr(METRICS.load(key), "values", None)
    if not isinstance(values, tuple) or not values or not all(isinstance(v, ValueDescription) for v in values):
        raise METRICS.broken(key, "its values are no tuple of ValueDescription with one or more in it")
    names = [value.name for value in values]
    if problem := next(_problems_of_values(values, names, taken), ""):
        raise METRICS.broken(key, problem)
    return values


def _problems_of_values(
    values: Sequence[ValueDescription], names: Sequence[str], taken: Collection[str]
) -> Iterator[str]:
    for value in values:
        name = value.name
        if not isinstance(name, str) or not VALUE_NAME.fullmatch(name):
            yield f"a value is named {name!r}; expected letters, digits and _, 50 at most, a small letter first"
        elif name in taken:
            yield f"its value {name!r} has a name that is in use"
        elif names.count(name) > 1:
            yield f"two of its values are named {name!r}"
        elif wrong := [field for field in ("label", "unit", "help_text") if not _is_text(getattr(value, field))]:
            yield f"its value {name!r} has no {wrong[0]}"
        elif value.direction not in list(Direction) or value.on_boards not in list(OnBoards):
            yield f"its value {name!r} has a direction or on_boards that is none of Direction or OnBoards"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
