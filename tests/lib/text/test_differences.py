"""Words that only one of several texts has."""

from difflib import SequenceMatcher

import pytest

from lib.text.differences import MOST_MATCHES, Piece, mark_differences

pytestmark = pytest.mark.once


def own(texts):
    return [[piece.text for piece in pieces if piece.own] for pieces in mark_differences(texts)]


def test_words_that_only_one_text_has_are_its_own():
    assert own(["We ship on Friday.", "We ship on Monday, then."]) == [["Friday"], ["Monday, then"]]


def test_the_pieces_of_a_text_make_up_the_whole_of_it():
    texts = ["A  b\n\nc <b>d</b> ", "x", "", "会议决定周五发布。"]
    assert ["".join(piece.text for piece in pieces) for pieces in mark_differences(texts)] == texts


def test_what_one_of_two_others_has_is_not_its_own():
    assert own(["red green", "green blue", "blue red"]) == [[], [], []]


def test_capitals_do_not_matter_and_order_does():
    assert own(["Maya decides", "maya DECIDES"]) == [[], []]
    assert own(["a b c d", "c d a b"]) == [["c d"], ["c d"]]


def test_signs_alone_are_no_difference():
    assert own(["So, yes (no) x", "So yes no y!"]) == [["x"], ["y!"]]


def test_languages_without_spaces_are_compared_sign_by_sign():
    assert own(["周五发布", "周三发布"]) == [["五"], ["三"]]
    assert own(["用X发布", "用Y发布"]) == [["X"], ["Y"]]


def test_one_text_alone_and_texts_that_are_the_same_have_nothing_marked():
    assert mark_differences(["same", "same"]) == [[Piece("same", False)], [Piece("same", False)]]
    assert mark_differences([]) == []


def test_of_texts_that_repeat_themselves_only_the_beginnings_are_compared(monkeypatch):
    compared = []

    class Matcher(SequenceMatcher):
        def __init__(self, **texts):
            compared.append((len(texts["a"]), len(texts["b"])))
            super().__init__(**texts)

    monkeypatch.setattr("lib.text.differences.SequenceMatcher", Matcher)
    one, other = ("word " * 2_000).strip(), ("word " * 3_000).strip()
    marked, _ = mark_differences([one, other])
    assert compared[0][0] * compared[0][1] <= MOST_MATCHES
    assert [piece.own for piece in marked] == [False, True]
    assert "".join(piece.text for piece in marked) == one
