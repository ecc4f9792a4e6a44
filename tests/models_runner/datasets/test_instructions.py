import pytest
from django.core.exceptions import ValidationError

from models_runner.datasets import instructions
from models_runner.datasets.instructions import instruction_text, sync_version, texts_of, wordings
from models_runner.models import InstructionText

KINDS = ("long", "medium", "short")


@pytest.mark.parametrize("language", ["en", "zh", "zh-CN", "fr"])
def test_the_three_lengths_ask_for_different_things(language):
    assert len({instruction_text(wordings()[kind], language) for kind in KINDS}) == 3


def test_chinese_is_asked_in_chinese_and_french_in_english():
    short = wordings()["short"]
    assert "摘要" in instruction_text(short, "zh-Hans")
    assert instruction_text(short, "fr") == instruction_text(short, "en")


def test_a_query_is_part_of_its_instruction():
    assert "Who fixes {tests}?" in instruction_text(wordings()["query"], "en", "Who fixes {tests}?")


@pytest.mark.django_db
def test_a_new_wording_is_a_new_version_and_the_old_one_stays(monkeypatch):
    first = sync_version("short")
    assert sync_version("short") == first
    newer = {"short": {"en": "Sum it up in one line.", "zh": "一句话总结。"}}
    monkeypatch.setattr(instructions, "wordings", lambda: newer)
    assert sync_version("short") == first + 1
    assert texts_of("short", first)["en"] == "Write a very short summary of the meeting above."
    assert texts_of("short", first + 1)["en"] == "Sum it up in one line."


@pytest.mark.django_db
def test_stored_words_never_change():
    sync_version("long")
    stored = InstructionText.objects.filter(kind="long").first()
    stored.text = "Something else."
    with pytest.raises(ValidationError, match="new version"):
        stored.save()
