"""Write summaries through a server that speaks the OpenAI protocol, such as vLLM, llama.cpp, Ollama or a hosted one."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any, cast

from models_runner.adapters.endpoints import check_engine, host_of
from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.openai_api.answers import SHOWN_CHARACTERS, ServerAnswer, is_spent, read_answer
from models_runner.adapters.openai_api.client import make_client
from models_runner.adapters.openai_api.counting import ESTIMATE, counter
from models_runner.adapters.openai_api.refusals import LONGEST_TOLD, read_refusals
from models_runner.adapters.openai_api.requests import (
    RequestBody,
    Shape,
    first_shape,
    learn,
    learn_to_stream,
    request_body,
)
from models_runner.adapters.openai_api.settings import request_settings
from models_runner.adapters.openai_api.streams import wants_stream
from models_runner.adapters.openai_api.turns import RequestSize, busy_seconds, turn_at
from models_runner.adapters.prompts import SYSTEM_MESSAGE
from models_runner.adapters.protocol import (
    AdapterError,
    Prompt,
    SystemSpec,
    TransientAdapterError,
    WeightsMissingError,
    Written,
)
from models_runner.adapters.texts.control_tokens import control_tokens
from models_runner.adapters.texts.thinking import OMIT

DEFAULTS = {"concurrency": 4, "timeout_seconds": 600, "max_retries": 5}
# Room for the tokens that the server's chat template adds, which this side does not know.
TEMPLATE_TOKENS = 16
# Some servers answer a chat template that raises with 500.
REFUSING = (400, 404, 405, 415, 422, 500, 501)
# A refusal comes at once, an answer takes its time: so long the others wait for what the first request learns.
LEARNING_SECONDS = 3.0
MOST_LESSONS = 12


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, OpenAIEngine(spec))


def _outcome(job: Future[Written], seconds: float) -> Written | Exception:
    fault = job.exception()
    if isinstance(fault, Exception):
        return fault
    return replace(job.result(), seconds=seconds)


class OpenAIEngine:
    """A model behind an endpoint.

    Engine settings: `base_url`, `model` (the system's model_id), `key_env` (the name of an environment variable),
    `concurrency` (4), `timeout_seconds` (600), `max_retries` (5), `tokenizer` (a folder or hub id to count with), and
    those of settings.py, which shape the requests. What the server refuses of what we send by ourselves is learnt once.

    Raises:
        WeightsMissingError: The endpoint, its key or the tokenizer is missing.
        AdapterError: The engine record is not allowed, or the system has no context_window.
    """

    name = "openai"
    revision = ""

    def __init__(self, spec: SystemSpec) -> None:
        import openai

        self.spec, self.openai = spec, openai
        settings = DEFAULTS | dict(spec.engine)
        base_url = str(settings.get("base_url") or "")
        if not base_url:
            raise WeightsMissingError(f"System {spec.slug} names no endpoint. Set its engine.base_url.")
        check_engine(spec.engine)
        if not spec.context_window:
            raise AdapterError(f"System {spec.slug} needs a context_window: an endpoint does not tell its own.")
        self.window = spec.context_window
        self.batch_size = int(str(settings["concurrency"]))
        self.model = str(settings.get("model") or spec.model_id)
        self.key_env = str(settings.get("key_env") or "")
        self.host = host_of(base_url)
        self.client = make_client(base_url, self._key() or "none", settings)
        tokenizer = str(settings.get("tokenizer") or "")
        self.counts_exactly, self.count = bool(tokenizer), counter(tokenizer)
        self.settings = request_settings(spec, self.window)
        self._answered: dict[Prompt, list[Written]] = {}
        self._shape = first_shape(self.settings)
        self._lock, self._first_is_out, self._first_is_back = threading.Lock(), False, threading.Event()

    def _key(self) -> str:
        if not self.key_env:
            return ""
        key = os.environ.get(self.key_env, "")
        if not key:
            raise WeightsMissingError(
                f"The key is missing: set the variable {self.key_env} in the workers' environment."
            )
        return key

    def needs(self, prompt: Prompt) -> int:
        return (
            self.count(prompt.system or SYSTEM_MESSAGE)
            + self.count(prompt.text)
            + TEMPLATE_TOKENS
            + self._limit(prompt)
        )

    def _limit(self, prompt: Prompt) -> int:
        return prompt.limit + self.settings.thinking_tokens

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        """Send the prompts side by side; an answer that came before another prompt failed is kept for the next try.

        Each prompt has an answer of its own, also where two are alike.
        """
        outcomes = self.write_each(prompts)
        written = [outcome for outcome in outcomes if isinstance(outcome, Written)]
        if len(written) < len(prompts):
            self._keep(prompts, outcomes)
            raise next(outcome for outcome in outcomes if isinstance(outcome, Exception))
        return written

    def write_each(self, prompts: Sequence[Prompt]) -> list[Written | Exception]:
        """Send the prompts side by side; return an answer or a fault for each."""
        kept = [self._kept(prompt) for prompt in prompts]
        times: list[tuple[float, float]] = []
        with ThreadPoolExecutor(self.batch_size) as pool:
            jobs = [
                pool.submit(self._write, prompt, times) if answer is None else None
                for prompt, answer in zip(prompts, kept, strict=True)
            ]
        # Each request gets an equal share of the time: side by side they would count the same second several times.
        share = busy_seconds(times) / max(1, kept.count(None))
        pairs = zip(kept, jobs, strict=True)
        return [_outcome(job, share) if job else cast(Written, answer) for answer, job in pairs]

    def _kept(self, prompt: Prompt) -> Written | None:
        """Take an answer to the prompt that was kept when another one failed."""
        answers = self._answered.get(prompt)
        if not answers:
            return None
        answer = answers.pop()
        if not answers:
            del self._answered[prompt]
        return answer

    def _keep(self, prompts: Sequence[Prompt], outcomes: Sequence[Written | Exception]) -> None:
        for prompt, outcome in zip(prompts, outcomes, strict=True):
            if isinstance(outcome, Written):
                self._answered.setdefault(prompt, []).append(outcome)

    def _write(self, prompt: Prompt, times: list[tuple[float, float]]) -> Written:
        """Write one answer; what it took is added to times, without the wait for its turn."""
        with turn_at(self.host, lambda: self.wish(prompt)) as turn:
            started = time.perf_counter()
            try:
                sent, body = self._ask(prompt)
                written = self.read(body, sent, prompt)
            finally:
                times.append((started, time.perf_counter()))
            turn.prompt_tokens, turn.output_tokens = written.prompt_tokens, written.output_tokens
            return written

    def wish(self, prompt: Prompt) -> RequestSize:
        """Return the most that a request for this may take."""
        limit = self._limit(prompt)
        return RequestSize(self.needs(prompt) - limit, limit, self.spec.price)

    def read(self, body: Any, sent: RequestBody, prompt: Prompt) -> Written:
        """Return what a server's answer holds, without the time it took. Raises AdapterError."""
        answer = self._read(body, sent.limit)
        self._check_read_whole(answer.prompt_tokens, prompt)
        return Written(
            text=answer.text,
            thoughts=answer.thoughts,
            thought_opened=self._ends_in_thought(answer),
            stop_reason="length" if answer.cut else "end",
            prompt="\n\n".join(f"[{message['role']}]\n{message['content']}" for message in sent.messages),
            prompt_tokens=answer.prompt_tokens,
            output_tokens=answer.output_tokens,
            thinking_tokens=answer.thinking_tokens,
            seconds=None,
            cached_tokens=answer.cached_tokens,
            control_tokens=control_tokens(prompt.plain_text),
            tokens=answer.tokens,
        )

    def _read(self, body: Any, limit: int) -> ServerAnswer:
        """Read an answer; what its server says of a fault is told without the key."""
        try:
            return read_answer(body, limit)
        except AdapterError as error:
            raise type(error)(self.without_key(str(error))) from None

    def _ends_in_thought(self, answer: ServerAnswer) -> bool:
        """Tell whether an answer without a mark is a thought that the server's template opened and the limit ended."""
        told_apart = bool(answer.thoughts or answer.thinking_tokens)
        return self.settings.unmarked_thoughts and answer.cut and not told_apart

    def _check_read_whole(self, reported: int | None, prompt: Prompt) -> None:
        """Raise AdapterError if the server reports fewer prompt tokens than were sent: some servers cut silently."""
        if reported is None or not self.counts_exactly:
            return
        sent = self.count(prompt.text)
        if reported < sent - TEMPLATE_TOKENS:
            raise AdapterError(
                f"The endpoint read {reported} of {sent} prompt tokens: it cut the prompt silently. Give the server a "
                f"larger window, or the system a smaller context_window than {self.window}."
            )

    @property
    def shape(self) -> Shape:
        """What requests look like now."""
        return self._shape

    def take_up(self, shape: Shape) -> None:
        """Take up the shape that another process has learnt, or sent requests in."""
        with self._lock:
            self._shape = shape

    def _ask(self, prompt: Prompt) -> tuple[RequestBody, Any]:
        """Return the request as it was taken, and the answer to it."""
        with self._lock:
            is_first, self._first_is_out = not self._first_is_out, True
        if not is_first:
            self._first_is_back.wait(LEARNING_SECONDS)
        try:
            return self._negotiate(prompt)
        finally:
            self._first_is_back.set()

    def _negotiate(self, prompt: Prompt) -> tuple[RequestBody, Any]:
        openai = self.openai
        for _ in range(MOST_LESSONS):
            shape = self._shape
            sent = request_body(self.settings, shape, prompt)
            try:
                return sent, self._post(sent)
            except openai.APIStatusError as error:
                if not self.learn_from(error.status_code, error.response.text, sent, shape):
                    raise self.fault(error) from None
            except (openai.APIError, ValueError, RecursionError) as error:
                raise self.fault(error) from None
        raise AdapterError(f"The endpoint still refuses the request after {MOST_LESSONS} changes to it.")

    def _post(self, sent: RequestBody) -> Any:
        # As plain JSON values: the client's own classes read no more than one maker's answers have.
        return self.client.post("/chat/completions", cast_to=object, body=self.json_body(sent))

    def json_body(self, sent: RequestBody) -> dict[str, Any]:
        return {"model": self.model, "messages": sent.messages, **sent.values}

    def learn_from(self, status: int, told: str, sent: RequestBody, shape: Shape) -> bool:
        """Tell whether the request is worth repeating in another shape, and keep that shape for all requests.

        Args:
            status: The status of the refusal.
            told: The server's words.
            sent: The request.
            shape: The shape in which it was sent.
        Raises:
            AdapterError: The server refuses what the system's record asks for.
        """
        if status not in REFUSING:
            return False
        told = self.without_key(told)
        refusals = read_refusals(told, sent.refusable)
        with self._lock:
            # Another request may have learnt the same meanwhile.
            self._shape = learn(self.settings, self._shape, refusals)
            if not refusals and not self._shape.stream and wants_stream(told):
                self._shape = learn_to_stream(self._shape, " ".join(told.split())[:LONGEST_TOLD])
            return self._shape != shape

    def fault(self, error: Exception) -> AdapterError:
        """Return what an error of the client means for who reads it."""
        openai = self.openai
        passing = isinstance(error, openai.APIConnectionError | openai.RateLimitError | openai.InternalServerError)
        if isinstance(error, openai.APIConnectionError):
            at = self.without_key(str(self.client.base_url))
            return TransientAdapterError(
                f"The endpoint did not answer: {self._told(error)} Is a server running at {at}, and can the machine of "
                "the worker reach it?"
            )
        if passing and not (isinstance(error, openai.RateLimitError) and is_spent(error.body)):
            return TransientAdapterError(f"The endpoint did not answer: {self._told(error)}")
        if isinstance(error, openai.APIStatusError) and 300 <= error.status_code < 400:
            to = self.without_key(error.response.headers.get("Location", "an address that it does not name"))
            return AdapterError(
                f"The endpoint sends elsewhere ({error.status_code}): {to[:SHOWN_CHARACTERS]}. Redirects are not "
                "followed; if that is the right server, set engine.base_url to its address."
            )
        if isinstance(error, openai.APIStatusError):
            return AdapterError(f"The endpoint refused the request: {self._told(error)}")
        return AdapterError(f"The endpoint's answer cannot be read: {self._told(error)}")

    def _told(self, error: Exception) -> str:
        """Describe the fault in one line, without the key, even if the server or the library repeats it."""
        told = str(error)
        if isinstance(error, self.openai.APIStatusError) and not _told_message(error.body):
            # The client reports only the status unless the body has the usual form.
            told = f"{told} - {error.response.text}"
        return " ".join(self.without_key(told).split())[:SHOWN_CHARACTERS]

    def without_key(self, text: str) -> str:
        """Take the key out of what a server says."""
        key = os.environ.get(self.key_env, "") if self.key_env else ""
        return text.replace(key, f"[{self.key_env}]") if key else text

    def environment(self) -> dict[str, object]:
        return {
            "adapter": self.name,
            "openai": version("openai"),
            "base_url": str(self.client.base_url),
            "model": self.model,
            "concurrency": self.batch_size,
            "window": self.window,
            "token_counting": "the model's tokenizer" if self.counts_exactly else ESTIMATE,
            "system_message": SYSTEM_MESSAGE if self._shape.system_message != OMIT else "",
            "request": self._request_record(),
        }

    def _request_record(self) -> dict[str, object]:
        """What requests look like now, and what was learnt from the server's refusals."""
        shape, settings = self._shape, self.settings
        return {
            "preset": settings.preset or "none",
            "limit_field": shape.limit_field,
            "system_message": shape.system_message,
            "thinking": settings.thinking,
            "thinking_tokens": settings.thinking_tokens,
            "stream": shape.stream,
            "fields": {name: sent.value for name, sent in settings.fields.items() if name not in shape.dropped},
            "learnt": [asdict(lesson) for lesson in shape.lessons],
        }


def _told_message(body: object) -> bool:
    error = body.get("error", body) if isinstance(body, Mapping) else None
    return isinstance(error, Mapping) and bool(error.get("message"))
