"""From a request to the text a model reads."""

from collections.abc import Callable, Mapping

from models_runner.adapters.base import AdapterError, SummaryRequest, SystemSpec
from models_runner.longinput.truncate import Truncated, truncate_turns

DEFAULT_TEMPLATE = "{transcript}\n\n{instruction}"
DEFAULT_OUTPUT_TOKENS = {"long": 512, "medium": 256, "short": 96, "query": 256}


def transcript_lines(request: SummaryRequest) -> list[str]:
    return [f"{turn['speaker']}: {turn['content']}" if turn["speaker"] else turn["content"] for turn in request.turns]


def user_text(spec: SystemSpec, instruction: str, transcript: str) -> str:
    # Replaced one after the other, not formatted: a transcript may hold braces.
    template = spec.prompt_template or DEFAULT_TEMPLATE
    before, marker, after = template.replace("{instruction}", instruction).partition("{transcript}")
    if not marker:
        raise AdapterError(f"The prompt of system {spec.slug} has no {{transcript}} in it.")
    return before + transcript + after


def output_tokens(spec: SystemSpec, kind: str) -> int:
    limit = spec.decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    if isinstance(limit, Mapping):
        return int(limit.get(kind, DEFAULT_OUTPUT_TOKENS[kind]))
    return int(str(limit))


def fit_transcript(
    spec: SystemSpec,
    request: SummaryRequest,
    window: int,
    count_text: Callable[[str], int],
    count_prompt: Callable[[str], int],
) -> Truncated:
    """The part of the transcript with which the whole prompt and the output fit the window.

    count_text: tokens of a text; count_prompt: tokens of the rendered prompt with this transcript in it.
    """
    room = window - output_tokens(spec, request.kind)
    lines = transcript_lines(request)
    keep = str(spec.long_input.get("keep", "head"))
    budget = room - count_prompt("")
    if budget < 1:
        raise AdapterError(
            f"The window of {window} tokens leaves no room for a transcript beside the prompt and "
            f"{output_tokens(spec, request.kind)} output tokens. Use a larger window or a smaller output limit."
        )
    while True:
        truncated = truncate_turns(lines, budget, count_text, keep)
        excess = count_prompt(truncated.text) - room
        if excess <= 0:
            return truncated
        # The joint between template and transcript may cost a few tokens more than counted apart.
        budget -= excess
