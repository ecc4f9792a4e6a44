"""From a request to the text a model reads."""

from collections.abc import Mapping

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec

# Said explicitly: a model's own default may give its name, and the name may end up in a summary.
SYSTEM_MESSAGE = "You write summaries of meetings."
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


def prompt_layout(spec: SystemSpec) -> str:
    """Which comes first. With the transcript first, prompts of several instructions share a long prefix."""
    template = spec.prompt_template or DEFAULT_TEMPLATE
    first = template.find("{transcript}") <= template.find("{instruction}") or "{instruction}" not in template
    return "transcript first" if first else "instruction first"


def output_tokens(spec: SystemSpec, kind: str) -> int:
    limit = spec.decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    if isinstance(limit, Mapping):
        return int(limit.get(kind, DEFAULT_OUTPUT_TOKENS[kind]))
    return int(str(limit))


def stop_reason(text: str, *, cut: bool) -> str:
    if not text:
        return "empty"
    return "length" if cut else "end"
