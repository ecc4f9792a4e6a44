"""Blanks that systems write differently are shown alike, wherever a text is cut, and no other character moves."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.markup.blanks import even_all

TEXTS = st.text(alphabet="ab \t\n\r", max_size=30)
BLANKS = re.compile(r"[ \t\r\n]")


@pytest.mark.parametrize(
    ("text", "shown", "indented"),
    [
        (" One.  Two.\t\tThree. \n", "One. Two. Three.", " One. Two. Three."),
        ("One \n  - two\r\n\r\n\tthree", "One\n- two\n\nthree", "One\n  - two\n\n\tthree"),
        ("一。　二。", "一。　二。", "一。　二。"),
        ("", "", ""),
        (" \n ", "", ""),
    ],
)
def test_several_blanks_are_one(text, shown, indented):
    assert even_all([text]) == [shown]
    assert even_all([text], indents=True) == [indented]


@given(TEXTS, st.lists(st.integers(0, 30), max_size=5), st.booleans())
def test_only_blanks_change_and_no_cut_matters(text, cuts, indents):
    edges = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    shown = "".join(even_all(parts, indents=indents))
    assert BLANKS.sub("", shown) == BLANKS.sub("", text)
    assert not re.search(r"\S[ \t]{2,}\S|[ \t]\n|\s$", shown)
    assert even_all([text], indents=indents) == even_all([shown], indents=indents) == [shown]
