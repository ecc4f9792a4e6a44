"""Every number format at its edges: where a unit changes, at 0, below 0, and without a number."""

import ast
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest

from evalsite.templatetags import figures
from leaderboards.presentation.board_table import COLUMNS
from lib import numbers


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1k"),
        (124_439_808, "124M"),
        (999.4e6, "999M"),
        (999.5e6, "1B"),
        (999.9e6, "1B"),
        (1e9, "1B"),
        (1.5e12, "1.5T"),
        (2e15, "2,000T"),
        (-1.1e9, "-1.1B"),
        (-999.9e6, "-1B"),
    ],
)
def test_parameters_read_the_same_everywhere(value, written):
    assert numbers.format_parameters(value) == written
    assert figures.parameters(value) == written
    assert next(column for column in COLUMNS if column.key == "parameters").write(value) == written


FORMATS = [
    numbers.format_bare_seconds,
    numbers.format_bytes,
    numbers.format_count,
    numbers.format_dollars,
    numbers.format_clock,
    numbers.format_energy,
    numbers.format_fraction,
    numbers.format_parameters,
    numbers.format_percent,
    numbers.format_score,
    numbers.format_seconds,
    numbers.format_whole,
]


def test_all_formats_are_tested():
    assert {name for name in vars(numbers) if name.startswith("format_")} == {write.__name__ for write in FORMATS}


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_undefined_is_a_dash_in_every_format(write, value):
    assert write(value) == "—"


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("value", [0.0, -0.0])
def test_zero_is_a_number_without_a_sign(write, value):
    assert write(value) == write(0)
    assert write(0)[0] in "0$"


@pytest.mark.parametrize(
    ("write", "value", "written"),
    [
        (numbers.format_count, 12_345, "12,345"),
        (numbers.format_count, -12_345.4, "-12,345"),
        (numbers.format_whole, 1023.4, "1023"),
        (numbers.format_whole, -0.4, "0"),
        (numbers.format_fraction, 0.31662, "0.317"),
        (numbers.format_fraction, -0.0001, "0.000"),
        (numbers.format_percent, 0.374, "37%"),
        (numbers.format_clock, 0, "0:00"),
        (numbers.format_clock, 62.9, "1:02"),
        (numbers.format_clock, 3_599.9, "59:59"),
        (numbers.format_clock, 36_012, "10:00:12"),
        (numbers.format_percent, 1, "100%"),
        (numbers.format_percent, -0.001, "0%"),
        (numbers.format_score, -64.0, "-64"),
        (numbers.format_score, 1_234.0, "1,234"),
        (numbers.format_seconds, 0.0004, "<0.001 s"),
        (numbers.format_seconds, 0.0042, "0.004 s"),
        (numbers.format_seconds, 0.094, "0.09 s"),
        (numbers.format_seconds, 0.096, "0.1 s"),
        (numbers.format_seconds, 9.94, "9.9 s"),
        (numbers.format_seconds, 9.96, "10 s"),
        (numbers.format_seconds, 59.4, "59 s"),
        (numbers.format_seconds, 3599.6, "1 h 0 min"),
        (numbers.format_bare_seconds, 4.2, "4.20"),
        (numbers.format_bare_seconds, 9.994, "9.99"),
        (numbers.format_bare_seconds, 9.996, "10"),
        (numbers.format_bytes, 999.4e6, "999 MB"),
        (numbers.format_bytes, 999.6e6, "1.0 GB"),
        (numbers.format_dollars, 4.2e-7, "$0.00000042"),
        (numbers.format_dollars, 0.994, "$0.99"),
        (numbers.format_dollars, 0.996, "$1.00"),
        (numbers.format_dollars, -0.0042, "-$0.0042"),
        (numbers.format_energy, 3_599, "3599 J"),
        (numbers.format_energy, 3_600, "1 Wh"),
        (numbers.format_energy, 359_000, "100 Wh"),
        (numbers.format_energy, 3_600_000, "1,000 Wh"),
    ],
)
def test_other_formats_where_the_unit_or_the_digits_change(write, value, written):
    assert write(value) == written


@pytest.mark.parametrize(("number", "words"), [(0, "0 votes"), (1, "1 vote"), (1_200, "1,200 votes")])
def test_a_number_of_things(number, words):
    assert numbers.count_of(number, "vote") == words


COUNTED_THINGS = "vote|document|annotator|comparison|pair|system|answer|resample|summarie|row|reading"
SELF_CONTAINED = ("reproduce.py",)  # of releases: it runs without the site, and prints
WRITTEN_AS_COUNT = re.compile(r"format_|count_of|say_|rounded|estimate")


def bare_counts(module):
    """Find values that stand before a counted noun in an f-string of a module without a format of numbers."""
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        written = {
            name.id
            for line in ast.walk(function)
            if isinstance(line, ast.Assign) and WRITTEN_AS_COUNT.search(ast.unparse(line.value))
            for target in line.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        for text in ast.walk(function):
            for value, after in pairwise(text.values if isinstance(text, ast.JoinedStr) else ()):
                if (
                    not isinstance(value, ast.FormattedValue)
                    or value.format_spec
                    or not isinstance(after, ast.Constant)
                ):
                    continue
                source = ast.unparse(value.value)
                constant = source.isupper()
                if re.match(rf" (decided |other )?({COUNTED_THINGS})s\b", after.value) and not (
                    constant or source in written or WRITTEN_AS_COUNT.search(source)
                ):
                    yield source


def test_counts_in_reasons_and_sentences_have_thousands_commas():
    root = Path(numbers.__file__).parents[1]
    paths = [*(root / "leaderboards").rglob("*.py"), *(root / "stats" / "raters").rglob("*.py")]
    paths += [*(root / "stats" / "ratings").rglob("*.py"), *(root / "judges" / "judging").rglob("*.py")]
    shown = [path for path in paths if "management" not in path.parts and path.name not in SELF_CONTAINED]
    found = {str(path.relative_to(root)): list(bare_counts(ast.parse(path.read_text()))) for path in shown}
    assert len(found) > 100
    assert {path: sources for path, sources in found.items() if sources} == {}
