"""YAML of unchecked origin: what could grow, run or mean something else is refused by line."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.file.problems import ProtocolError
from protocol.file.yaml_text import MOST_BYTES, read_yaml, write_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
REFUSED = {
    BOMB: (1, "Anchors and aliases"),
    "a: 1\nb: *x\n": (2, "Anchors and aliases"),
    "a: 1\nb: !!python/object/apply:os.system ['true']\n": (2, "tag"),
    "a: 1\nb: !x y\n": (2, "tag"),
    "a: 1\nb: 2\na: 3\n": (3, "twice"),
    "a: 1\n---\nb: 2\n": (2, "second document"),
    "a: 1\n? [x]\n: 2\n": (2, "key is a list"),
    "a: 1\nb: " + "[" * 30 + "]" * 30: (2, "deep"),
    "a: 1\nb: 12345678901234567890\n": (2, "too large"),
    "a: 1\nb: 1e999\n": (2, "too large"),
    'a: 1\nb: "x\\0y"\n': (2, "NUL"),
    'a: 1\nb: "x\\ud800y"\n': (2, ""),
    "a: 1\nb: [1, 2\n": (3, "no YAML"),
    "a: 1\n\tb: 2\n": (2, "no YAML"),
    "a: 1\nb: \x00\n": (1, "NUL"),
    "x" * (MOST_BYTES + 1): (1, "larger than"),
    "[" + "1," * 60_000 + "]": (1, "values"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
def test_what_is_refused_names_its_line(text):
    line, words = REFUSED[text]
    with pytest.raises(ProtocolError) as refused:
        read_yaml(text)
    assert refused.value.problems[0].line == line
    assert words in str(refused.value)


def test_nesting_beyond_any_stack_is_refused():
    with pytest.raises(ProtocolError):
        read_yaml("[" * 400_000)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("007", "007"), ("0x10", "0x10"),
        (".inf", ".inf"), ("1_000", "1_000"), ("1e-3", 0.001), ("2e5", 200000.0), ("-4", -4), ("true", True), ("~", None),
        ("'3'", "3"), ("", None),
    ],
)  # fmt: skip
def test_values_mean_what_they_look_like(written, value):
    read = read_yaml(f"a: {written}\n").value["a"]
    assert (read, type(read)) == (value, type(value))


# The first text of the run waits for a table of all characters.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_again(value):
    assert read_yaml(write_yaml(value)).value == value


def test_lines_are_those_of_keys_and_items():
    source = read_yaml("# a remark\na:\n  b: 1\n  c:\n  - x\n  - y: 2\n")
    assert [source.line_of(place) for place in (("a",), ("a", "c"), ("a", "c", 1, "y"), ("a", "missing"))] == [
        2,
        4,
        6,
        2,
    ]
