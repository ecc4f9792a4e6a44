"""Write the whole summary in one call; what does not fit the window is left out and counted."""

from models_runner.adapters.longinput.calls import AnsweredCall, Call, Made, Strategy, Task
from models_runner.adapters.longinput.fit import fit_lines


def truncated_summary(task: Task, keep: str = "head") -> Strategy:
    """Summarize the transcript, cut to the window, in one call.

    Args:
        task: The summary to write.
        keep: "head", "tail" or "middle" (keeps both ends and drops the middle).
    """
    kept = fit_lines(task, task.lines, task.prompt, keep)
    (written,) = yield [Call("summary", task.prompt(kept.text))]
    return Made(written.text, written.stop_reason, kept.dropped_tokens, 1, [AnsweredCall("summary", written)])
