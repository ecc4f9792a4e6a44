"""Cut a document's transcript so that every question about it fits the judge's window."""

from collections.abc import Callable, Sequence

from models_runner.adapters.longinput.calls import Task
from models_runner.adapters.longinput.fit import fit_lines
from models_runner.adapters.longinput.truncate import Truncated
from models_runner.adapters.protocol import Prompt, TextEngine

PromptOf = Callable[[str], Prompt]


def fitted(lines: Sequence[str], prompts: Sequence[PromptOf], engine: TextEngine, keep: str) -> Truncated:
    """Return as much of the transcript as every question leaves room for: all see the same, and share their beginning.

    Args:
        lines: The transcript, one line per turn.
        prompts: Each builds the prompt of one question around a transcript; at least one.
        engine: The judge's.
        keep: "head", "tail" or "middle".
    Raises:
        AdapterError: A question alone fills the window.
    """
    longest = max(prompts, key=lambda prompt_of: engine.needs(prompt_of("")))
    task = Task(lines, engine.window, longest("").limit, engine.count, engine.needs, longest)
    return fit_lines(task, lines, longest, keep)
