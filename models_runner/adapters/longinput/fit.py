"""Find the part of a text with which the whole prompt fits the window."""

from collections.abc import Callable, Sequence

from models_runner.adapters.longinput.calls import Task
from models_runner.adapters.longinput.truncate import Truncated, truncate_turns
from models_runner.adapters.protocol import AdapterError, Prompt

PromptOf = Callable[[str], Prompt]


def room_for_text(task: Task, prompt_of: PromptOf) -> int:
    """Return the tokens left for text beside the prompt's frame and its output.

    Raises:
        AdapterError: There are none.
    """
    empty = prompt_of("")
    left = task.window - task.needs(empty)
    if left < 1:
        raise AdapterError(
            f"The window of {task.window} tokens leaves no room for a transcript beside the prompt and "
            f"{empty.limit} output tokens. Use a larger window or a smaller output limit."
        )
    return left


def fit_lines(task: Task, lines: Sequence[str], prompt_of: PromptOf, keep: str) -> Truncated:
    """Keep as much of the lines as fits into the window.

    Args:
        task: The summary to write.
        lines: The text, one line per turn.
        prompt_of: Builds the prompt around a text.
        keep: "head", "tail" or "middle", as for truncate_turns.
    Raises:
        AdapterError: The prompt's frame and output alone fill the window.
    """
    budget = room_for_text(task, prompt_of)
    while True:
        truncated = truncate_turns(lines, budget, task.count, keep)
        excess = task.needs(prompt_of(truncated.text)) - task.window
        if excess <= 0:
            return truncated
        # Joined, template and transcript may have a few tokens more than counted separately.
        budget -= excess


def lines_fit(task: Task, lines: Sequence[str], prompt_of: PromptOf) -> bool:
    return task.needs(prompt_of("\n".join(lines))) <= task.window
