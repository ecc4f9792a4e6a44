import json

from hypothesis import given
from hypothesis import strategies as st

from lib.lines import json_line, text_lines

ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.text(ENDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ENDS + "ab"), inner, max_size=3),
)  # fmt: skip


@given(JSON)
def test_a_row_is_one_line_to_every_reader_and_comes_back(value):
    line = json_line(value)
    assert line.splitlines() == [line[:-1]]
    assert json.loads(line) == value


def test_other_characters_stay_readable():
    assert json_line({"a": "周五 é\u2028"}) == '{"a":"周五 é\\u2028"}\n'


def test_texts_are_split_where_people_end_lines():
    assert text_lines("a\nb\r\nc\rd\u2028e\x0bf\x85g") == ["a", "b", "c", "d\u2028e\x0bf\x85g"]
