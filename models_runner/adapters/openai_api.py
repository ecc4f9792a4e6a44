"""Write summaries through a server that speaks the OpenAI protocol, such as vLLM, llama.cpp, Ollama or a hosted one."""

import math
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from models_runner.adapters.endpoints import check_engine
from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.prompts import SYSTEM_MESSAGE, stop_reason
from models_runner.adapters.protocol import (
    AdapterError,
    Prompt,
    SystemSpec,
    TransientAdapterError,
    WeightsMissingError,
    Written,
)

DEFAULTS = {"concurrency": 4, "timeout_seconds": 600, "max_retries": 5}
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
CHARACTERS_A_TOKEN = 3
ESTIMATE = "estimated: 3 ASCII characters a token, every other character one"
# Room for the tokens that the server's chat template adds, which this side does not know.
TEMPLATE_TOKENS = 16
SHOWN_CHARACTERS = 200
SENT_HEADERS = ("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length")


def load(spec: SystemSpec) -> LanguageModelAdapter:
    return LanguageModelAdapter(spec, OpenAIEngine(spec))


class OpenAIEngine:
    """A model behind an endpoint.

    Engine settings: `base_url`, `model` (the system's model_id), `key_env` (the name of an environment variable),
    `concurrency` (4), `timeout_seconds` (600), `max_retries` (5) and `tokenizer` (a folder or hub id to count with).

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
        self.client = self._client(base_url, settings)
        self.counts_exactly, self.count = self._counter(str(settings.get("tokenizer") or ""))
        self._answered: dict[Prompt, Written] = {}

    def _client(self, base_url: str, settings: Mapping[str, Any]) -> Any:
        key = self._key() or "none"
        # Redirects are off, because one could lead to a host that the operator has not allowed.
        http = self.openai.DefaultHttpxClient(follow_redirects=False, event_hooks={"request": [_only_our_headers(key)]})
        return self.openai.OpenAI(
            base_url=base_url,
            api_key=key,
            timeout=float(settings["timeout_seconds"]),
            max_retries=int(settings["max_retries"]),
            http_client=http,
        )

    def _key(self) -> str:
        if not self.key_env:
            return ""
        key = os.environ.get(self.key_env, "")
        if not key:
            raise WeightsMissingError(
                f"The key is missing: set the variable {self.key_env} in the workers' environment."
            )
        return key

    def _counter(self, tokenizer: str) -> tuple[bool, Callable[[str], int]]:
        if not tokenizer:
            return False, estimated_tokens
        from transformers import AutoTokenizer

        try:
            loaded = AutoTokenizer.from_pretrained(tokenizer)
        except (OSError, ValueError) as error:
            raise WeightsMissingError(f"engine.tokenizer {tokenizer!r} is not on this machine.") from error
        return True, lambda text: len(loaded(text, add_special_tokens=False)["input_ids"])

    def needs(self, prompt: Prompt) -> int:
        return self.count(SYSTEM_MESSAGE) + self.count(prompt.text) + TEMPLATE_TOKENS + prompt.limit

    def write(self, prompts: Sequence[Prompt]) -> list[Written]:
        """Send the prompts side by side; an answer that came before another prompt failed is kept for the next try."""
        started, earlier = time.perf_counter(), set(self._answered)
        with ThreadPoolExecutor(self.batch_size) as pool:
            jobs = [pool.submit(self._remembered, prompt) for prompt in prompts]
        written = [job.result() for job in jobs]
        for prompt in prompts:
            self._answered.pop(prompt, None)
        # Each request gets an equal share of the time: side by side they would count the same second several times.
        share = (time.perf_counter() - started) / max(1, sum(prompt not in earlier for prompt in prompts))
        pairs = zip(prompts, written, strict=True)
        return [text if prompt in earlier else replace(text, seconds=share) for prompt, text in pairs]

    def _remembered(self, prompt: Prompt) -> Written:
        if prompt not in self._answered:
            self._answered[prompt] = self._write(prompt)
        return self._answered[prompt]

    def _write(self, prompt: Prompt) -> Written:
        started = time.perf_counter()
        answer = self._ask(prompt)
        text, reason = _read(answer)
        usage = getattr(answer, "usage", None)
        self._check_read_whole(getattr(usage, "prompt_tokens", None), prompt)
        details = getattr(usage, "prompt_tokens_details", None)
        return Written(
            text=text,
            stop_reason=stop_reason(text, cut=reason == "length"),
            prompt=f"[system]\n{SYSTEM_MESSAGE}\n\n[user]\n{prompt.text}",
            prompt_tokens=getattr(usage, "prompt_tokens", None),
            output_tokens=getattr(usage, "completion_tokens", None),
            seconds=time.perf_counter() - started,
            cached_tokens=getattr(details, "cached_tokens", None),
        )

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

    def _ask(self, prompt: Prompt) -> Any:
        openai = self.openai
        messages: Any = [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": prompt.text}]
        try:
            return self.client.chat.completions.create(
                model=self.model, messages=messages, max_tokens=prompt.limit, **self._sampling()
            )
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
            raise TransientAdapterError(self._told("The endpoint did not answer", error)) from None
        except openai.APIStatusError as error:
            raise AdapterError(self._told("The endpoint refused the request", error)) from None
        except (openai.APIError, ValueError) as error:
            raise AdapterError(self._told("The endpoint's answer cannot be read", error)) from None

    def _sampling(self) -> dict[str, Any]:
        decoding = {name: value for name, value in self.spec.decoding.items() if name != "max_tokens"}
        standard = {name: decoding.pop(name) for name in ("temperature", "seed", "top_p") if name in decoding}
        return {"temperature": 0, "seed": 1} | standard | ({"extra_body": decoding} if decoding else {})

    def _told(self, what: str, error: Exception) -> str:
        """Describe the fault in one line, without the key, even if the server or the library repeats it."""
        told = str(error)
        if isinstance(error, self.openai.APIStatusError) and not _told_message(error.body):
            # The client reports only the status unless the body has the usual form.
            told = f"{told} - {error.response.text}"
        message = " ".join(told.split())
        key = os.environ.get(self.key_env, "") if self.key_env else ""
        if key:
            message = message.replace(key, f"[{self.key_env}]")
        return f"{what}: {message[:SHOWN_CHARACTERS]}"

    def environment(self) -> dict[str, object]:
        return {
            "adapter": self.name,
            "openai": version("openai"),
            "base_url": str(self.client.base_url),
            "model": self.model,
            "concurrency": self.batch_size,
            "window": self.window,
            "token_counting": "the model's tokenizer" if self.counts_exactly else ESTIMATE,
            "system_message": SYSTEM_MESSAGE,
        }


def _only_our_headers(key: str) -> Callable[[Any], None]:
    """Return a hook that drops headers which the client adds from variables such as OPENAI_CUSTOM_HEADERS.

    They may be meant for another server.
    """

    def clean(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in SENT_HEADERS]:
            del request.headers[name]
        request.headers["Authorization"] = f"Bearer {key}"

    return clean


def _told_message(body: object) -> bool:
    error = body.get("error", body) if isinstance(body, Mapping) else None
    return isinstance(error, Mapping) and bool(error.get("message"))


def _read(answer: Any) -> tuple[str, str]:
    """Return text and finish reason of the first choice. Raises AdapterError if the answer has no whole text."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    if message is None:
        raise AdapterError(f"The endpoint's answer has no message in it: {str(answer)[:SHOWN_CHARACTERS]!r}")
    text, reason = getattr(message, "content", None) or "", getattr(choice, "finish_reason", "")
    if not isinstance(text, str):
        raise AdapterError(f"The endpoint's message is no text: {str(text)[:SHOWN_CHARACTERS]!r}")
    if reason == "content_filter":
        raise AdapterError("The endpoint's content filter stopped the answer; what it had written is no whole summary.")
    return text.strip(), str(reason)


def estimated_tokens(text: str) -> int:
    """Estimate the tokens of a text: one for three ASCII characters, and one for every other character.

    The estimate is usually higher than what the tokenizers of the study's models count.
    """
    others = len(NOT_ASCII.findall(text))
    return others + math.ceil((len(text) - others) / CHARACTERS_A_TOKEN)
