import pytest

from lib.text.cutting import cut_text, width_of


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("", 5, ""),
        ("five!", 5, "five!"),
        ("one two three four", 12, "one two …"),
        ("Donaudampfschiff", 8, "Donaudam …"),  # a word longer than the room is cut itself
        ("发布日期定在周五", 16, "发布日期定在周五"),
        ("发布日期定在周五", 8, "发布日期 …"),
        ("word\n\nnext line is long", 13, "word\n\nnext …"),
    ],
)
def test_a_long_text_ends_at_a_word_with_a_sign(text, columns, shown):
    assert cut_text(text, columns) == shown


def test_chinese_takes_two_columns():
    assert (width_of("abc"), width_of("周五"), width_of("a周")) == (3, 4, 3)
