"""Strategies for long inputs, on an engine whose tokens are words and whose answers can be told apart."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.longinput.chapterize import REWRITE, split_into_chapters
from models_runner.adapters.longinput.strategies import check_long_input
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec, Written

FRAME = 3  # tokens a template would add


def count(text):
    return len(text.split())


class WordEngine:
    """Refuses what does not fit; answers with the first and the last word it read."""

    name, revision, batch_size = "words", "1", 4

    def __init__(self, window=60, answer_words=2):
        self.window, self.answer_words = window, answer_words
        self.batches = []

    count = staticmethod(count)

    def needs(self, prompt):
        return count(prompt.text) + FRAME + prompt.limit

    def write(self, prompts):
        self.batches.append([prompt.text for prompt in prompts])
        return [self._write(prompt) for prompt in prompts]

    def _write(self, prompt):
        assert self.needs(prompt) <= self.window, "the engine would have cut the prompt"
        words = prompt.text.split("\n\n")[0].split()
        text = " ".join((words[:1] + words[-1:]) * (self.answer_words // 2))
        return Written(text, "end", f"<s>{prompt.text}", count(prompt.text) + FRAME, count(text), 0.5)

    def environment(self):
        return {"adapter": self.name}


def turns(n, words=5):
    return [{"speaker": "", "content": " ".join(f"t{i}w{j}" for j in range(words))} for i in range(n)]


def summarize(engine, meetings, **long_input):
    spec = SystemSpec(slug="s", decoding={"max_tokens": 10}, long_input=long_input)
    requests = [SummaryRequest(f"m{i}", m, "en", "Sum it up.", "medium") for i, m in enumerate(meetings)]
    return LanguageModelAdapter(spec, engine).summarize(requests)


@pytest.mark.parametrize(
    ("keep", "first", "last"), [("head", "t0w0", None), ("tail", None, "t29w4"), ("middle", "t0w0", "t29w4")]
)
def test_truncation_keeps_the_chosen_end_and_counts_the_rest(keep, first, last):
    made = summarize(WordEngine(), [turns(30)], strategy="truncate", keep=keep)[0]
    read = made.calls[0].prompt.removeprefix("<s>").split("\n\n")[0].split()
    assert first is None or read[0] == first
    assert last is None or read[-1] == last
    assert made.dropped_tokens == 150 - len(read) > 0
    assert made.chapters == 1


@pytest.mark.parametrize("combine", ["concatenate", "rewrite", "re-summarize"])
def test_chapters_read_every_word_once(combine):
    made = summarize(WordEngine(), [turns(30)], strategy="chapterize", combine=combine, chapter_tokens=6)[0]
    read = Counter(
        word
        for call in made.calls
        if call.step == "chapter"
        for word in call.prompt.removeprefix("<s>").split("\n\n")[0].split()
    )
    assert read == Counter(word for turn in turns(30) for word in turn["content"].split())
    assert made.dropped_tokens == 0
    assert made.chapters == sum(call.step == "chapter" for call in made.calls) > 1


def test_concatenation_is_the_chapter_summaries_in_order():
    made = summarize(WordEngine(), [turns(30)], strategy="chapterize", combine="concatenate", chapter_tokens=6)[0]
    assert made.text == "\n".join(call.output for call in made.calls)
    assert made.text.startswith("t0w0")
    assert made.text.endswith("t29w4")


@pytest.mark.parametrize(("combine", "asked"), [("rewrite", REWRITE), ("re-summarize", "Sum it up.")])
def test_one_more_call_reads_the_chapter_summaries(combine, asked):
    made = summarize(WordEngine(), [turns(30)], strategy="chapterize", combine=combine, chapter_tokens=6)[0]
    notes = [call.output for call in made.calls[:-1]]
    assert made.calls[-1].step == combine
    assert made.calls[-1].prompt == "<s>" + "\n".join(notes) + "\n\n" + asked
    assert made.text == made.calls[-1].output
    assert made.prompt_tokens == sum(call.prompt_tokens for call in made.calls)
    assert made.seconds == 0.5 * len(made.calls)


def test_a_meeting_that_fits_is_one_call():
    made = summarize(WordEngine(), [turns(3)], strategy="chapterize")[0]
    assert [call.step for call in made.calls] == ["summary"]
    assert made.chapters == 1


def test_too_many_chapter_summaries_are_chapterized_again():
    made = summarize(WordEngine(answer_words=6), [turns(200)], strategy="chapterize", chapter_tokens=6)[0]
    assert made.calls[-1].step == "re-summarize"
    assert made.chapters < len(made.calls) - 1


def test_calls_of_several_meetings_go_to_the_engine_together():
    engine = WordEngine()
    made = summarize(engine, [turns(30), turns(2), turns(18)], strategy="chapterize", chapter_tokens=6)
    assert len(engine.batches) == 2
    assert len(engine.batches[0]) == made[0].chapters + 1 + made[2].chapters
    alone = [summarize(WordEngine(), [m], strategy="chapterize", chapter_tokens=6)[0].text
             for m in (turns(30), turns(2), turns(18))]  # fmt: skip
    assert [one.text for one in made] == alone


def test_a_turn_longer_than_a_chapter_is_split():
    made = summarize(
        WordEngine(), [turns(1, words=200)], strategy="chapterize", combine="concatenate", chapter_tokens=6
    )[0]
    assert made.chapters > 1
    assert made.dropped_tokens == 0


def test_a_window_without_room_is_an_error():
    with pytest.raises(AdapterError, match="leaves no room"):
        summarize(WordEngine(window=14), [turns(3)])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.integers(5, 60))
def test_chapters_keep_order_and_budget(lengths, budget):
    lines = [" ".join(f"{i}.{j}" for j in range(n)) for i, n in enumerate(lengths)]
    parts = split_into_chapters(lines, budget, count)
    assert " ".join(line for part in parts for line in part).split() == " ".join(lines).split()
    assert all(sum(count(line) + 1 for line in part) <= budget for part in parts)
    assert all(parts)


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"strategy": "summarise"}, "strategy"),
        ({"keep": "best"}, "keep"),
        ({"strategy": "chapterize", "combine": "glue"}, "combine"),
        ({"strategy": "chapterize", "chapter_tokens": 0}, "chapter_tokens"),
    ],
)
def test_a_wrong_setting_is_named(record, field):
    with pytest.raises(AdapterError, match=rf"long_input\.{field} is"):
        check_long_input(record)
