import pytest

from models_runner.instructions import instruction_text


@pytest.mark.parametrize("language", ["en", "zh", "zh-CN", "fr"])
def test_the_three_lengths_ask_for_different_things(language):
    assert len({instruction_text(kind, language) for kind in ("long", "medium", "short")}) == 3


def test_chinese_is_asked_in_chinese_and_french_in_english():
    assert "摘要" in instruction_text("short", "zh-Hans")
    assert instruction_text("short", "fr") == instruction_text("short", "en")


def test_a_query_is_part_of_its_instruction():
    assert "Who fixes {tests}?" in instruction_text("query", "en", "Who fixes {tests}?")
