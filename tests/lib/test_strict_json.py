import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.json.strict import DEEPEST, FAULTS, StrictJsonError, json_texts, strict_json

INNER = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)


def nested(depth, opening='{"a":', inside="1", closing="}"):
    return opening * depth + inside + closing * depth


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ('{"a": {"b": [1, 1e999]}}', "a.b[2]", "is a number beyond 1.8e308"),
        ('{"a": -1e999}', "a", "is a number beyond"),
        ('{"a": NaN}', "a", "NaN is no JSON value"),
        ('{"a": [{"b": -Infinity}]}', "a[1].b", "-Infinity is no JSON value"),
        ('{"a": 1, "a": 1}', "", "the key 'a' is there twice"),
        ('{"m": [{"x": 1, "y": 2, "x": 3}]}', "m[1]", "the key 'x' is there twice"),
        ('{"n": ' + "9" * 5000 + "}", "", "a whole number of more than 4300 digits at character 7"),
        (
            '{"id": "d", "metadata": ' + nested(DEEPEST) + "}",
            "metadata.a.a.a…",
            "nested too deeply: expected at most 100",
        ),
        ('{"id": "d", "metadata": ' + nested(950) + "}", "metadata.a.a.a…", "nested too deeply"),
        ('{"id": "}]{", "metadata": ' + nested(50_000) + "}", "metadata.a.a.a…", "nested too deeply"),
        ('{"a": [1, {"b": ' + nested(5_000, "[", "", "]") + "}]}", "a[2].b[1]…", "nested too deeply"),
        ("[" * 100_000, "[1][1][1][1]…", "nested too deeply"),
        ("{", "", "is not JSON: a key in double quotes is missing at column 2."),
        ("", "", "is not JSON: a value is missing at column 1"),
        ('{\n"a" 1}', "", "at line 2, column 5"),
    ],
)
def test_what_cannot_be_stored_is_named(text, field, message):
    with pytest.raises(StrictJsonError) as error:
        strict_json(text)
    assert error.value.field == field
    assert message in error.value.message


@pytest.mark.parametrize(
    "text",
    [
        '{"a": }',
        "{a: 1}",
        '{"a" 1}',
        "[1 2]",
        "[1,]",
        '{"a": 1,}',
        "{} 1",
        '"a',
        '"\n"',
        r'"\x"',
        r'"\u12"',
        "\ufeff{}",
    ],
)
def test_what_pythons_reader_finds_is_told_in_words_of_ours(text):
    with pytest.raises(StrictJsonError) as error:
        strict_json(text)
    assert error.value.message.startswith("is not JSON: ")
    assert any(f": {fault} at " in error.value.message for fault in FAULTS.values())


def test_as_deep_as_allowed_is_read():
    assert strict_json(nested(DEEPEST)) == json.loads(nested(DEEPEST))


def test_a_hundred_thousand_keys_of_which_two_are_the_same():
    keys = ", ".join(f'"k{n}": 1' for n in range(100_000))
    with pytest.raises(StrictJsonError, match="the key 'k7' is there twice"):
        strict_json(f'{{{keys}, "k7": 2}}')


@given(
    st.recursive(
        INNER, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    )
)
def test_every_other_value_is_read_as_it_is(value):
    assert strict_json(json.dumps(value)) == value


def test_all_texts_of_a_value_with_their_places():
    value = {"a": ["x", {"b": "y"}], "c": 1}
    assert sorted(json_texts(value)) == [("a", "a"), ("a[1]", "x"), ("a[2].b", "b"), ("a[2].b", "y"), ("c", "c")]
