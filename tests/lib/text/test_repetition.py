import pytest

from lib.text.repetition import goes_in_circles

PLAIN = " ".join(f"word{i} and then" for i in range(40))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The team agreed on the date. " * 20, "en", True),
        (PLAIN, "en", False),
        (PLAIN + " so it goes on" * 60, "en", True),
        ("yes yes yes yes yes yes", "en", False),  # too short to tell
        ("会议决定周五发布。" * 20, "zh", True),
        ("", "en", False),
    ],
)
def test_circles_are_told_from_texts(text, language, expected):
    assert goes_in_circles(text, language) is expected


def test_a_text_half_of_new_sequences_is_not_flagged():
    once = " ".join(f"a{i}" for i in range(60))
    assert not goes_in_circles(once + " " + " ".join(f"b{i}" for i in range(10)) + " " + once[:90], "en")
