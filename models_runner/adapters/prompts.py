"""Turn a request into the text that a model reads."""

import re
from collections.abc import Mapping

from models_runner.adapters.protocol import AdapterError, Prompt, SummaryRequest, SystemSpec

# Set explicitly, because a model's default message may contain its name, which may end up in a summary.
SYSTEM_MESSAGE = "You write summaries of meetings."
DEFAULT_TEMPLATE = "{transcript}\n\n{instruction}"
INSTRUCTION, TRANSCRIPT = "{instruction}", "{transcript}"
PLACES = re.compile(r"(\{instruction\}|\{transcript\})")
DEFAULT_OUTPUT_TOKENS = {"long": 512, "medium": 256, "short": 96, "query": 256}


def transcript_lines(request: SummaryRequest) -> list[str]:
    return [f"{turn['speaker']}: {turn['content']}" if turn["speaker"] else turn["content"] for turn in request.turns]


def user_text(spec: SystemSpec, instruction: str, transcript: str) -> str:
    return user_prompt(spec, instruction, transcript, 0).text


def user_prompt(spec: SystemSpec, instruction: str, transcript: str, limit: int) -> Prompt:
    """Put instruction and transcript into the system's prompt, and note where they stand. Raises AdapterError."""
    # str.format would fail on a transcript with braces.
    template = spec.prompt_template or DEFAULT_TEMPLATE
    if TRANSCRIPT not in template:
        raise AdapterError(f"The prompt of system {spec.slug} has no {{transcript}} in it.")
    text, plain, values = "", [], {INSTRUCTION: instruction, TRANSCRIPT: transcript}
    for piece in PLACES.split(template):
        said = values.get(piece, piece)
        if piece in values and said:
            plain.append((len(text), len(text) + len(said)))
        if piece == TRANSCRIPT:
            values.pop(TRANSCRIPT, None)  # a second one is text of the template
        text += said
    return Prompt(text, limit, tuple(plain))


def prompt_layout(spec: SystemSpec) -> str:
    """Tell which comes first: with the transcript first, prompts of several instructions share a long prefix."""
    template = spec.prompt_template or DEFAULT_TEMPLATE
    first = template.find("{transcript}") <= template.find("{instruction}") or "{instruction}" not in template
    return "transcript first" if first else "instruction first"


def output_tokens(spec: SystemSpec, kind: str) -> int:
    limit = spec.decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    if isinstance(limit, Mapping):
        return int(limit.get(kind, DEFAULT_OUTPUT_TOKENS[kind]))
    return int(str(limit))
