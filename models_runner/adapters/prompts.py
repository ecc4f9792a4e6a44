"""Turn a request into the text that a model reads."""

from collections.abc import Mapping

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec

# Set explicitly, because a model's default message may contain its name, which may end up in a summary.
SYSTEM_MESSAGE = "You write summaries of meetings."
DEFAULT_TEMPLATE = "{transcript}\n\n{instruction}"
DEFAULT_OUTPUT_TOKENS = {"long": 512, "medium": 256, "short": 96, "query": 256}


def transcript_lines(request: SummaryRequest) -> list[str]:
    return [f"{turn['speaker']}: {turn['content']}" if turn["speaker"] else turn["content"] for turn in request.turns]


def user_text(spec: SystemSpec, instruction: str, transcript: str) -> str:
    # str.format would fail on a transcript with braces.
    template = spec.prompt_template or DEFAULT_TEMPLATE
    before, marker, after = template.replace("{instruction}", instruction).partition("{transcript}")
    if not marker:
        raise AdapterError(f"The prompt of system {spec.slug} has no {{transcript}} in it.")
    return before + transcript + after


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
