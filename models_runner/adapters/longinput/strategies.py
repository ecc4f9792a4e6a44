"""Choose a strategy from a system's `long_input` record."""

from collections.abc import Mapping

from models_runner.adapters.longinput.calls import Strategy, Task
from models_runner.adapters.longinput.chapterize import DEFAULT_CHAPTER_TOKENS, chapterized_summary
from models_runner.adapters.longinput.single import truncated_summary
from models_runner.adapters.protocol import AdapterError

KEEP = ("head", "tail", "middle")
COMBINE = ("concatenate", "rewrite", "re-summarize")


def check_long_input(settings: Mapping[str, object]) -> None:
    """Check a long_input record. Raises AdapterError, which names the wrong field."""
    strategy = settings.get("strategy", "truncate")
    if strategy not in ("truncate", "chapterize"):
        raise AdapterError(f"long_input.strategy is {strategy!r}; expected truncate or chapterize.")
    if settings.get("keep", "head") not in KEEP:
        raise AdapterError(f"long_input.keep is {settings['keep']!r}; expected one of {', '.join(KEEP)}.")
    if settings.get("combine", "re-summarize") not in COMBINE:
        raise AdapterError(f"long_input.combine is {settings['combine']!r}; expected one of {', '.join(COMBINE)}.")
    tokens = settings.get("chapter_tokens", DEFAULT_CHAPTER_TOKENS)
    if not isinstance(tokens, int) or tokens < 1:
        raise AdapterError(f"long_input.chapter_tokens is {tokens!r}; expected a whole number above 0.")


def strategy_for(settings: Mapping[str, object], task: Task) -> Strategy:
    if settings.get("strategy") == "chapterize":
        combine = str(settings.get("combine", "re-summarize"))
        tokens = int(str(settings.get("chapter_tokens", DEFAULT_CHAPTER_TOKENS)))
        return chapterized_summary(task, combine, tokens)
    return truncated_summary(task, str(settings.get("keep", "head")))
