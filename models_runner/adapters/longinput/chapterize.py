"""Read a long meeting in chapters: summarize each, then combine the summaries.

The three ways to combine them (concatenate, rewrite, re-summarize) are those of Laskar et al. (2023, arXiv 2310.19233).
"""

import math
from collections.abc import Callable, Generator, Iterator, Sequence

from models_runner.adapters.longinput.calls import AnsweredCall, Call, Made, Strategy, Task
from models_runner.adapters.longinput.fit import PromptOf, fit_lines, lines_fit, room_for_text
from models_runner.adapters.longinput.single import truncated_summary
from models_runner.adapters.protocol import Prompt, Written

DEFAULT_CHAPTER_TOKENS = 128
"""The most tokens that a chapter's summary may have."""
REWRITE = "Rewrite the notes above as one coherent summary of the meeting, leaving nothing out."


def chapterized_summary(task: Task, combine: str, chapter_tokens: int = DEFAULT_CHAPTER_TOKENS) -> Strategy:
    """Summarize in one call if the meeting fits, otherwise chapter by chapter. Raises AdapterError if no text fits.

    combine is "concatenate", "rewrite" or "re-summarize". Except for the first, one more call combines the summaries;
    if they are too long together, they are first summarized in chapters again.
    """

    def chapter_prompt(text: str) -> Prompt:
        return task.prompt(text, limit=chapter_tokens)

    if lines_fit(task, task.lines, task.prompt):
        return (yield from truncated_summary(task))
    parts = _chapters_that_fit(task, task.lines, chapter_prompt)
    calls = yield from _summarize_chapters(parts, chapter_prompt)
    notes = _texts_of(calls)
    if combine == "concatenate" or not notes:
        return Made("\n".join(notes), _stop_reason(calls, notes), 0, len(parts), calls)
    step, final = _combining(task, combine)
    while not lines_fit(task, notes, final):
        groups = _chapters_that_fit(task, notes, chapter_prompt)
        if len(groups) >= len(notes):
            break
        more_calls = yield from _summarize_chapters(groups, chapter_prompt)
        calls += more_calls
        notes = _texts_of(more_calls)
    kept = fit_lines(task, notes, final, "head")
    (last,) = yield [Call(step, final(kept.text))]
    return Made(last.text, last.stop_reason, kept.dropped_tokens, len(parts), [*calls, AnsweredCall(step, last)])


def _summarize_chapters(
    parts: Sequence[Sequence[str]], prompt_of: PromptOf
) -> Generator[list[Call], list[Written], list[AnsweredCall]]:
    written = yield [Call("chapter", prompt_of("\n".join(part))) for part in parts]
    return [AnsweredCall("chapter", summary) for summary in written]


def _texts_of(calls: Sequence[AnsweredCall]) -> list[str]:
    return [call.written.text for call in calls if call.written.text]


def _stop_reason(calls: Sequence[AnsweredCall], notes: Sequence[str]) -> str:
    cut = any(call.written.stop_reason == "length" for call in calls)
    return "empty" if not notes else ("length" if cut else "end")


def _chapters_that_fit(task: Task, lines: Sequence[str], prompt_of: PromptOf) -> list[list[str]]:
    budget = room_for_text(task, prompt_of)
    while True:
        parts = split_into_chapters(lines, budget, task.count)
        excess = max(task.needs(prompt_of("\n".join(part))) for part in parts) - task.window
        if excess <= 0:
            return parts
        budget -= excess  # joined, the lines and the template may have more tokens than counted separately


def _combining(task: Task, combine: str) -> tuple[str, PromptOf]:
    if combine == "rewrite":
        return "rewrite", lambda text: task.prompt(text, instruction=REWRITE)
    if combine == "re-summarize":
        return "re-summarize", task.prompt
    raise ValueError(f"combine is {combine!r}; expected concatenate, rewrite or re-summarize")


def split_into_chapters(lines: Sequence[str], budget: int, count: Callable[[str], int]) -> list[list[str]]:
    """Split lines, in order, into as few parts as the budget allows, of about equal length.

    Args:
        lines: The text, one line per turn; a line longer than the budget is split at words.
        budget: The most tokens of a part.
        count: Counts the tokens of a text.
    """
    pieces = [piece for line in lines for piece in _pieces(line, budget, count)]
    sizes = [count(piece) + 1 for piece in pieces]  # 1 for the line break
    target = sum(sizes) / max(1, math.ceil(sum(sizes) / budget))
    parts: list[list[str]] = [[]]
    used = 0
    for piece, size in zip(pieces, sizes, strict=True):
        if parts[-1] and (used + size > budget or used + size / 2 > target):
            parts.append([])
            used = 0
        parts[-1].append(piece)
        used += size
    return parts


def _pieces(line: str, budget: int, count: Callable[[str], int]) -> Iterator[str]:
    if count(line) + 1 <= budget:
        yield line
        return
    words = line.split(" ")
    if len(words) > 1:
        half, joint = len(words) // 2, " "
        first, second = joint.join(words[:half]), joint.join(words[half:])
    else:
        half = len(line) // 2
        first, second = line[:half], line[half:]
    if not first or not second:
        yield line
        return
    yield from _pieces(first, budget, count)
    yield from _pieces(second, budget, count)
