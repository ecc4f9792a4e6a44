"""The metric claims, by the system that CLAIMS_SYSTEM names."""

from collections.abc import Sequence
from importlib.metadata import version

from django.conf import settings

from models_runner.adapters.language_model import settled_answers
from models_runner.adapters.protocol import AdapterError, Prompt, RefusedError, TextEngine, Written
from models_runner.adapters.registry import load_engine
from models_runner.metrics import MARKUP_REMOVED
from models_runner.metrics.facts import finding
from models_runner.metrics.facts.claim_prompts import PROMPTS_VERSION, ModelQuestion
from models_runner.metrics.facts.claims import PROBLEMS, CheckedByModel, ModelAnswer
from models_runner.metrics.registry import MetricUnavailableError
from models_runner.models import System
from models_runner.runs.requests import adapter_spec
from models_runner.systems.fingerprint import system_fingerprint

SETTING = "CLAIMS_SYSTEM"
SEED = 1
REFUSED = "the system refused to answer"
DOES_NOT_FIT = "the question does not fit the system's window"
# Answers of a call that failed later are kept, so that the next attempt asks only what is missing.
MOST_KEPT = 20_000


class ClaimsMetric(CheckedByModel):
    """Asks any system of the site whose adapter answers prompts: a local model, or an endpoint."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, ModelQuestion], ModelAnswer] = {}

    def signature(self, language: str) -> str:
        system = _system()
        return (
            f"claims|system {system.slug}|revision {system.revision or 'none'}|record {system_fingerprint(system)[:12]}"
            f"|prompts {PROMPTS_VERSION}|answers {settings.CLAIMS_TOKENS} tokens|{MARKUP_REMOVED}"
            f"|sentences sentencex {version('sentencex')}|passages {finding.BEST} of {finding.WORDS} words"
        )

    def ask(self, questions: Sequence[ModelQuestion]) -> list[ModelAnswer]:
        system = _system()
        record = system_fingerprint(system)
        unasked = [one for one in dict.fromkeys(questions) if (record, one) not in self._answered]
        if unasked:
            if len(self._answered) > MOST_KEPT:
                self._answered = {key: answer for key, answer in self._answered.items() if key[1] in questions}
            engine = _engine(system)
            size = max(1, engine.batch_size)
            for start in range(0, len(unasked), size):
                part = unasked[start : start + size]
                answers = zip(part, _answers(engine, part), strict=True)
                self._answered |= {(record, one): answer for one, answer in answers}
        return [self._answered[record, one] for one in questions]


def _system() -> System:
    slug = settings.CLAIMS_SYSTEM
    if not slug:
        raise MetricUnavailableError(
            f"The metric claims needs a system that answers questions. Set {SETTING} to the short name of a language "
            "model on the page Systems, for the workers."
        )
    system = System.objects.filter(slug=slug).first()
    if system is None:
        raise MetricUnavailableError(
            f'The metric claims needs the system "{slug}", which is not on this site. Set {SETTING} to the short name '
            "of a language model on the page Systems."
        )
    return system


def _engine(system: System) -> TextEngine:
    try:
        return load_engine(system.adapter, adapter_spec(system))
    except AdapterError as error:
        raise MetricUnavailableError(f'The system "{system.slug}" of {SETTING} cannot answer: {error}') from error


def _answers(engine: TextEngine, questions: Sequence[ModelQuestion]) -> list[ModelAnswer]:
    """Ask at once what fits the window. Raises AdapterError if the fault is not that of one question."""
    prompts = [
        Prompt(one.text, settings.CLAIMS_TOKENS, one.plain, system=one.system, seed=SEED, schema=one.schema)
        for one in questions
    ]
    fitting = [prompt for prompt in prompts if engine.needs(prompt) <= engine.window]
    written = iter(_written(engine, fitting))
    return [next(written) if prompt in fitting else ModelAnswer("", DOES_NOT_FIT) for prompt in prompts]


def _written(engine: TextEngine, prompts: Sequence[Prompt]) -> list[ModelAnswer]:
    """Return the answers; if one of several is refused, each is asked by itself."""
    if not prompts:
        return []
    try:
        return [_settled(written) for written in settled_answers(engine, prompts)]
    except RefusedError:
        if len(prompts) > 1:
            return [answer for prompt in prompts for answer in _written(engine, [prompt])]
        return [ModelAnswer("", REFUSED)]


def _settled(written: Written) -> ModelAnswer:
    return ModelAnswer(written.text, PROBLEMS.get(written.stop_reason, ""))
