"""Test an endpoint: which models it serves, and whether it answers one short request."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from models_runner.adapters.openai_api.engine import OpenAIEngine
from models_runner.adapters.protocol import AdapterError, Prompt, SystemSpec, Written
from models_runner.adapters.texts.answers import settled_answer

QUESTION = "Answer with one word: which day comes after Monday?"
LIMIT = 64
SECONDS = 60
SHOWN_MODELS = 30


@dataclass(frozen=True)
class ConnectionTest:
    """What an endpoint answered.

    Attributes:
        models: The first names that its list of models has; empty where it has no list.
        model: The name that is asked for.
        is_listed: Whether the list has that name; None where there is no list.
        answer: The answer to one short request, settled as a summary's is.
        request: How requests look after what was learnt from refusals.
    """

    models: Sequence[str]
    model: str
    is_listed: bool | None
    answer: Written
    request: Any

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"models": list(self.models)}


def try_connection(spec: SystemSpec) -> ConnectionTest:
    """Ask an endpoint for its models and for one short answer, without trying again.

    Raises:
        AdapterError: It does not answer, refuses, or its record is wrong; the message says which.
    """
    engine = OpenAIEngine(replace(spec, engine=dict(spec.engine) | {"max_retries": 0, "timeout_seconds": SECONDS}))
    names = _listed_models(engine)
    try:
        [written] = engine.write([Prompt(QUESTION, LIMIT)])
    except AdapterError as error:
        if names and engine.model not in names:
            told = str(error).rstrip(".")
            raise AdapterError(f"{told}. The endpoint serves {', '.join(names[:SHOWN_MODELS])}.") from None
        raise
    return ConnectionTest(
        models=names[:SHOWN_MODELS],
        model=engine.model,
        is_listed=engine.model in names if names else None,
        answer=settled_answer(written, None),
        request=engine.environment()["request"],
    )


def _listed_models(engine: OpenAIEngine) -> list[str]:
    """Return the names of the endpoint's models; none where it has no list, which many servers do not."""
    try:
        listed = engine.client.get("/models", cast_to=object)
    except (engine.openai.APIError, ValueError):
        return []
    data = listed.get("data") if isinstance(listed, dict) else None
    return [str(entry["id"]) for entry in data or [] if isinstance(entry, dict) and "id" in entry]
