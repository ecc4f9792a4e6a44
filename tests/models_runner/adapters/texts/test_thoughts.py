"""Thoughts are parted from the summary whatever they are marked with."""

import pytest

from models_runner.adapters.protocol import Written
from models_runner.adapters.texts.answers import settled_answer
from models_runner.adapters.texts.thoughts import opens_thought, part_thoughts

SUMMARY = "The library opens on Monday."
THOUGHT = "They want a summary. I am a model by Somebody."

BOTH = {
    "think": f"<think>\n{THOUGHT}\n</think>\n\n{SUMMARY}",
    "think, on one line": f"<think>{THOUGHT}</think>{SUMMARY}",
    "think, closed only": f"{THOUGHT}\n</think>\n\n{SUMMARY}",
    "think, closed only, on one line": f"{THOUGHT}</think>{SUMMARY}",
    "think, in capitals and with a space": f"<Think>{THOUGHT}</ think >\n{SUMMARY}",
    "think with an attribute": f'<think effort="high">{THOUGHT}</think>{SUMMARY}',
    "thinking": f"<thinking>\n{THOUGHT}\n</thinking>\n{SUMMARY}",
    "thought": f"<thought>{THOUGHT}</thought>\n{SUMMARY}",
    "reasoning": f"<reasoning>{THOUGHT}</reasoning>\n\n{SUMMARY}",
    "opened by one name, closed by another": f"<think>{THOUGHT}</thinking>\n{SUMMARY}",
    "triangles": f"◁think▷{THOUGHT}◁/think▷{SUMMARY}",
    "brackets": f"[THINK]{THOUGHT}[/THINK]{SUMMARY}",
    "start and end": f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>{SUMMARY}<|END_RESPONSE|>",
    "begin of thought": f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|>\n<|begin_of_solution|>{SUMMARY}<|end_of_solution|>",
    "seed": f"<seed:think>{THOUGHT}</seed:think>{SUMMARY}",
    "an answer in tags": f"<think>{THOUGHT}</think>\n<answer>\n{SUMMARY}\n</answer>",
    "channels": f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{SUMMARY}<|return|>",
    "channels from the start": f"<|start|>assistant<|channel|>analysis<|message|>{THOUGHT}<|end|>"
    f"<|start|>assistant<|channel|>final <|constrain|>text<|message|>{SUMMARY}",
    "channels without special tokens": f"analysis{THOUGHT}assistantfinal{SUMMARY}",
    "words": f"Here is my thought process: {THOUGHT}\n\nHere is my response: {SUMMARY}",
    "bars of full width": f"<｜think｜>{THOUGHT}<｜/think｜>{SUMMARY}",
    "details": f'<details type="reasoning" done="true">\n<summary>Thought for 3 seconds</summary>\n{THOUGHT}</details>\n{SUMMARY}',
    "analysis and summary": f"<analysis>{THOUGHT}</analysis>\n<summary>{SUMMARY}</summary>",
    "a box": f"<think>{THOUGHT}</think><|begin_of_box|>{SUMMARY}<|end_of_box|>",
    "after the summary": f"{SUMMARY}\n<think>{THOUGHT}</think>",
    "after the summary, open": f"{SUMMARY}\n\n<think>\n{THOUGHT}",
}  # fmt: skip


@pytest.mark.parametrize("written", BOTH.values(), ids=BOTH)
def test_thought_and_summary_are_parted(written):
    parted = part_thoughts(written)
    assert (parted.text, parted.thoughts) == (SUMMARY, THOUGHT)


OPEN = {
    "think": f"<think>\n{THOUGHT}",
    "thinking": f"<thinking>{THOUGHT}",
    "reasoning": f"<reasoning>{THOUGHT}",
    "triangles": f"◁think▷{THOUGHT}",
    "brackets": f"[THINK]{THOUGHT}",
    "channel": f"<|channel|>analysis<|message|>{THOUGHT}",
    "channel without special tokens": f"analysis{THOUGHT}",
    "words": f"Here is my thought process: {THOUGHT}",
}


@pytest.mark.parametrize("written", OPEN.values(), ids=OPEN)
def test_a_thought_without_end_leaves_no_summary(written):
    parted = part_thoughts(written)
    assert (parted.text, parted.thoughts, parted.unfinished) == ("", THOUGHT, True)


def test_two_thoughts_are_kept_in_order():
    parted = part_thoughts(f"<think>One.</think><think>Two.</think>\n{SUMMARY}")
    assert (parted.text, parted.thoughts) == (SUMMARY, "One.\n\nTwo.")


def test_an_empty_thought_is_none():
    assert part_thoughts(f"<think>\n\n</think>\n\n{SUMMARY}").thoughts == ""
    assert part_thoughts(f"<think>\n\n</think>\n\n{SUMMARY}").text == SUMMARY


def test_a_thought_that_speaks_of_thoughts_ends_where_it_is_closed():
    parted = part_thoughts(f"<think>They rename <think> tomorrow.</think>{SUMMARY}")
    assert (parted.text, parted.thoughts) == (SUMMARY, "They rename <think> tomorrow.")


PLAIN = [
    SUMMARY,
    "They rename the <think> tag of the template.",
    'They rename `<think>` and `</think>`, and the tag "<thinking>".',
    "analysis of the budget: it holds.",
    "Analysis: the budget holds.",
    "The final channel is <b>open</b>.",
    "<p>The library opens.</p>",
    "## Reasoning\n\nThey think that the library opens.",
    "[x] Leo: think about it",
    "",
]


@pytest.mark.parametrize("written", PLAIN)
def test_a_summary_without_thoughts_stays_as_it_is(written):
    parted = part_thoughts(written)
    assert (parted.text, parted.thoughts, parted.unfinished) == (written, "", False)


def test_what_follows_a_prompt_that_opened_a_thought_begins_inside_it():
    assert part_thoughts(f"{THOUGHT}\n</think>\n{SUMMARY}", opened=True).text == SUMMARY
    assert part_thoughts(THOUGHT, opened=True) == part_thoughts(f"<think>{THOUGHT}")
    assert part_thoughts(f"<think>{THOUGHT}</think>{SUMMARY}", opened=True).text == SUMMARY


@pytest.mark.parametrize(
    ("prompt", "opens"),
    [
        ("<|im_start|>assistant\n<think>\n", True),
        ("<｜Assistant｜><think>", True),
        ("[/INST][THINK]", True),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("<|im_start|>assistant\n", False),
        ("user: <think> we rename it\nassistant:", False),
        ("", False),
    ],
)
def test_a_prompt_may_open_a_thought(prompt, opens):
    assert opens_thought(prompt) is opens


def written(text, reason="end", **more):
    return Written(text, reason, "prompt", 10, 20, 1.0, **more)


def test_an_answer_settles_with_its_thoughts_counted():
    settled = settled_answer(written(f"<think>{THOUGHT}</think>{SUMMARY}"), lambda text: len(text.split()))
    assert (settled.text, settled.thoughts, settled.stop_reason) == (SUMMARY, THOUGHT, "end")
    assert settled.thinking_tokens == len(THOUGHT.split())
    assert settled.output_tokens == 20


@pytest.mark.parametrize(
    "written",
    [
        f"{SUMMARY}<|im_end|>",
        f"{SUMMARY}</s>\n",
        f"{SUMMARY} <|end|><|return|>",
        f"{SUMMARY}<end_of_turn>",
        f"{SUMMARY}<｜end▁of▁sentence｜>",
        f"<|message|>{SUMMARY}<|end|>",
        f"<|im_start|>assistant\n{SUMMARY}",
        f"<|start_header_id|>assistant<|end_header_id|>\n\n{SUMMARY}<|eot_id|>",
    ],
)
def test_marks_of_turns_around_a_summary_are_no_part_of_it(written):
    assert settled_answer(Written(written, "end", "p", 1, 1, 0.1)).text == SUMMARY


@pytest.mark.parametrize("text", ['Li sends "<|im_end|>".', "<b>Open</b> on <|im_end|> and later.", "[/INST"])
def test_marks_within_a_summary_stay(text):
    assert settled_answer(Written(text, "end", "p", 1, 1, 0.1)).text == text


def test_a_text_is_one_that_every_database_takes():
    settled = settled_answer(Written("<think>a\x00</think>The \ud83dend\x00.", "end", "p", 1, 1, 0.1))
    assert (settled.text, settled.thoughts) == ("The \ufffdend.", "a")


def test_a_thought_that_is_given_twice_is_kept_once():
    settled = settled_answer(Written(f"<think>{THOUGHT}</think>{SUMMARY}", "end", "p", 1, 1, 0.1, thoughts=THOUGHT))
    assert (settled.text, settled.thoughts) == (SUMMARY, THOUGHT)


def test_what_the_engine_counted_is_kept_and_nothing_is_guessed():
    assert settled_answer(written(SUMMARY, thoughts=THOUGHT, thinking_tokens=7), len).thinking_tokens == 7
    assert settled_answer(written(SUMMARY, thoughts=THOUGHT)).thinking_tokens is None
    assert settled_answer(written(SUMMARY), len).thinking_tokens is None


@pytest.mark.parametrize(
    ("text", "reason", "more", "expected"),
    [
        (SUMMARY, "length", {}, (SUMMARY, "length")),
        (f"<think>{THOUGHT}", "length", {}, ("", "thinking")),
        (f"<think>{THOUGHT}", "end", {}, ("", "empty")),
        ("", "length", {"thoughts": THOUGHT}, ("", "thinking")),
        ("", "length", {"thinking_tokens": 20}, ("", "thinking")),
        (THOUGHT, "length", {"thought_opened": True}, ("", "thinking")),
        ("", "length", {}, ("", "empty")),
        ("", "end", {"thoughts": THOUGHT}, ("", "empty")),
        ("\u200b\ufeff", "end", {}, ("", "empty")),
        (f"<think>{THOUGHT}</think>\u200b", "end", {}, ("", "empty")),
        ("  \n", "end", {}, ("", "empty")),
    ],
)
def test_an_answer_settles_with_the_reason_why_it_ended(text, reason, more, expected):
    settled = settled_answer(written(text, reason, **more))
    assert (settled.text, settled.stop_reason) == expected
