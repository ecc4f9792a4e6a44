import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.names import AmbiguousNameError, ByName, normal_form, spellings

COMPOSED, DECOMPOSED = "r\u00e9union", "re\u0301union"


@pytest.mark.parametrize(
    "name", [COMPOSED, DECOMPOSED, f" {COMPOSED}\t", f"\u3000{DECOMPOSED}\u00a0", f"{COMPOSED}\u2028"]
)
def test_names_that_look_the_same_have_one_form(name):
    assert normal_form(name) == COMPOSED


def test_blanks_inside_and_capitals_tell_names_apart():
    assert len({normal_form(name) for name in ("a b", "a  b", "A b")}) == 3


@given(st.text())
def test_the_normal_form_is_its_own(text):
    once = normal_form(text)
    assert normal_form(once) == once
    assert normal_form(unicodedata.normalize("NFD", text)) == once


def test_the_exact_name_goes_before_one_that_looks_the_same():
    things = ByName([(COMPOSED, 1), (DECOMPOSED, 2)])
    assert (things.find(COMPOSED), things.find(DECOMPOSED)) == (1, 2)
    with pytest.raises(
        AmbiguousNameError, match=r"may be any of 2 that look the same: 'r\\xe9union', 're\\u0301union'"
    ):
        things.find(f"{COMPOSED} ")


def test_a_name_is_found_in_any_spelling():
    things = ByName([(f"{DECOMPOSED} ", "it")])
    assert [things.find(name) for name in (COMPOSED, DECOMPOSED, f" {COMPOSED}", "reunion")] == ["it"] * 3 + [None]


def test_spellings_for_the_database():
    assert spellings(f"{DECOMPOSED} ") == [f"{DECOMPOSED} ", COMPOSED, DECOMPOSED]
