"""The openai adapter and endpoints that fail: a real server of the test's own on a loopback port."""

import json
import random
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec, TransientAdapterError
from models_runner.adapters.registry import unload_all
from models_runner.models import Run, Summary, SummaryCall
from models_runner.runs import generation, lifecycle
from models_runner.systems.readiness import silent_endpoints
from tests.factories import DocumentFactory, RunFactory, SystemFactory, UserFactory
from tests.servers.endpoint import always, completion, endpoint, in_turn, slow

KEY = "sk-very-secret-123"
GOOD = always(200, completion())


def request(name="m0", turns=1):
    return SummaryRequest(
        name, [{"speaker": "Maya", "content": f"We ship {name}."}] * turns, "en", "Sum it up.", "short"
    )


def adapter(url, **engine):
    engine = {"base_url": url, "max_retries": 0, "timeout_seconds": 5} | engine
    return load(SystemSpec(slug="far", model_id="m", context_window=2048, engine=engine))


def asked(answer, **engine):
    """The adapter's fault on this answer, and how often the server was asked."""
    with endpoint(answer) as server, pytest.raises(AdapterError) as caught:
        adapter(server.url, **engine).summarize([request()])
    return caught.value, len(server.requests)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_down_may_come_back():
    address = f"http://127.0.0.1:{free_port()}/v1"
    told = f"The endpoint did not answer: Connection error. Is a server running at {address}/, and"
    with pytest.raises(TransientAdapterError, match=told):
        adapter(address).summarize([request()])


def test_a_server_that_takes_too_long_may_answer_later():
    fault, _ = asked(slow(1.0, GOOD), timeout_seconds=0.2)
    assert isinstance(fault, TransientAdapterError)
    assert "timed out" in str(fault)


@contextmanager
def trickling(at_once, slowly):
    """A server that sends the first bytes at once and the others one by one, each long before a read times out."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with suppress(OSError), listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(at_once)
                for byte in slowly:
                    time.sleep(0.05)
                    connection.sendall(bytes([byte]))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


BODY = json.dumps(completion()).encode()
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()


@pytest.mark.parametrize(("at_once", "slowly"), [(HEAD, BODY), (b"", HEAD + BODY), (HEAD[:20], HEAD[20:] + BODY)])
def test_a_server_that_sends_byte_by_byte_has_no_more_time_than_others(at_once, slowly):
    with trickling(at_once, slowly) as url, pytest.raises(TransientAdapterError, match="timed out"):
        adapter(url, timeout_seconds=0.5).summarize([request()])


def test_what_one_request_used_of_its_time_is_not_taken_from_the_next():
    with endpoint(slow(0.4, GOOD)) as server:
        loaded = adapter(server.url, timeout_seconds=0.7, concurrency=1)
        assert [made.text for made in loaded.summarize([request(name) for name in "abc"])] == ["A summary."] * 3


def test_a_server_that_asks_to_wait_is_asked_again_after_that_time():
    busy = always(429, {"error": {"message": "Too many requests."}}, **{"Retry-After": "1"})
    started = time.perf_counter()
    with endpoint(in_turn(busy, GOOD)) as server:
        made = adapter(server.url, max_retries=2).summarize([request()])[0]
    assert (made.text, len(server.requests)) == ("A summary.", 2)
    assert time.perf_counter() - started >= 1


@pytest.mark.parametrize(
    ("status", "message"), [(429, "Too many requests"), (500, "Out of memory"), (503, "Loading model")]
)
def test_a_busy_or_broken_server_may_recover(status, message):
    fault, _ = asked(always(status, {"error": {"message": message}}))
    assert isinstance(fault, TransientAdapterError)
    assert str(status) in str(fault)
    assert message in str(fault)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_final_and_shows_no_key(monkeypatch, status):
    monkeypatch.setenv("PW_TEST_KEY", KEY)
    answer = always(status, {"error": {"message": f"Incorrect key {KEY}."}})
    fault, times = asked(answer, key_env="PW_TEST_KEY", max_retries=3)
    assert not isinstance(fault, TransientAdapterError)
    assert times == 1
    assert f"The endpoint refused the request: Error code: {status}" in str(fault)
    assert "Incorrect key [PW_TEST_KEY]" in str(fault)
    assert KEY not in str(fault)


@pytest.mark.parametrize(
    "body", [{"detail": "No such model."}, {"object": "error", "message": "No such model."}, "<p>No such model.</p>"]
)
def test_a_refusal_in_another_form_is_told_too(body):
    fault, _ = asked(always(404, body))
    assert "Error code: 404 - " in str(fault)
    assert "No such model." in str(fault)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(code):
    with endpoint(GOOD) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost") + "/chat/completions"
        fault, _ = asked(always(code, "", Location=elsewhere))
    assert not isinstance(fault, TransientAdapterError)
    assert str(code) in str(fault)
    assert other.requests == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (always(200, '{"choices": [{"mess'), "cannot be read"),
        (
            always(200, "<html>Sign in</html>", **{"Content-Type": "text/html"}),
            "answered with a web page, not with JSON",
        ),
        (always(200, "", **{"Content-Type": "text/plain"}), "no message in it"),
        (always(200, {"choices": []}), "no message in it"),
        (always(200, {"choices": {"0": 1}}), "no message in it"),
        (always(200, {"choices": [{"index": 0}]}), "no message in it"),
        (always(200, []), "no message in it"),
        (always(200, None), "no message in it"),
        (always(200, completion([["a part"]])), "message is no text"),
        (always(200, completion("We sh", reason="content_filter")), "content filter stopped"),
    ],
    ids=[
        "half JSON",
        "HTML",
        "nothing",
        "no choices",
        "choices",
        "no message",
        "list",
        "null",
        "parts",
        "filter",
    ],
)
def test_an_answer_that_is_none_is_told_in_words(answer, message):
    fault, _ = asked(answer)
    assert not isinstance(fault, TransientAdapterError)
    assert message in str(fault)


def test_an_error_under_status_200_may_pass_and_is_told_in_its_own_words():
    fault, _ = asked(always(200, {"error": "overloaded"}))
    assert isinstance(fault, TransientAdapterError)
    assert "overloaded" in str(fault)


def test_a_list_of_plain_texts_is_one_text():
    with endpoint(always(200, completion(["We ship ", "on Friday."]))) as server:
        assert adapter(server.url).summarize([request()])[0].text == "We ship on Friday."


@pytest.mark.parametrize(
    "answer",
    [completion(""), completion("  \n"), completion(None), {"choices": [{"message": {}}]}],
    ids=["empty", "blank", "null", "absent"],
)
def test_an_empty_answer_is_flagged(answer):
    with endpoint(always(200, answer)) as server:
        made = adapter(server.url).summarize([request()])[0]
    assert (made.text, made.stop_reason) == ("", "empty")


def test_an_answer_without_usage_has_no_token_counts():
    with endpoint(always(200, completion() | {"usage": None})) as server:
        made = adapter(server.url).summarize([request()])[0]
    assert (made.prompt_tokens, made.output_tokens) == (None, None)


def echo(body, sent):
    time.sleep(random.random() / 20)
    return 200, {}, completion(body["messages"][1]["content"])


def test_answers_that_come_in_any_order_keep_the_order_of_the_requests():
    with endpoint(echo) as server:
        made = adapter(server.url, concurrency=8).summarize([request(f"m{n}") for n in range(40)])
    assert [f"We ship m{n}." in one.text for n, one in enumerate(made)] == [True] * 40


def test_summaries_asked_for_side_by_side_share_the_time_they_took():
    with endpoint(slow(0.1, GOOD)) as server:
        loaded = adapter(server.url, concurrency=4)
        started = time.perf_counter()
        made = loaded.summarize([request(f"m{n}") for n in range(4)])
        took = time.perf_counter() - started
    assert 0.1 <= sum(one.seconds for one in made) <= took


def test_no_more_requests_are_open_than_the_concurrency():
    open_now, most = [], []

    def answer(body, sent):
        open_now.append(1)
        most.append(len(open_now))
        time.sleep(0.03)
        open_now.pop()
        return 200, {}, completion()

    with endpoint(answer) as server:
        adapter(server.url, concurrency=3).summarize([request(f"m{n}") for n in range(12)])
    assert max(most) == 3


def test_what_was_answered_before_another_request_failed_is_not_asked_again():
    def answer(body, sent):
        wrong = "m1" in body["messages"][1]["content"] and len(server.requests) <= 4
        return (400, {}, {"error": {"message": "no"}}) if wrong else (200, {}, completion())

    requests = [request(f"m{n}") for n in range(4)]
    with endpoint(answer) as server:
        loaded = adapter(server.url)
        with pytest.raises(AdapterError):
            loaded.summarize(requests)
        for one in requests:
            assert loaded.summarize([one])[0].text == "A summary."
    assert len(server.requests) == 5


def test_requests_that_are_alike_are_each_asked():
    def answer(body, sent):
        fails = len(server.requests) == 2
        return (400, {}, {"error": {"message": "no"}}) if fails else (200, {}, completion(f"{len(server.requests)}."))

    with endpoint(answer) as server:
        loaded = adapter(server.url)
        loaded.engine.batch_size = 1  # one after the other, so that the first is answered before the second begins
        with pytest.raises(AdapterError):
            loaded.summarize([request()] * 3)
        # Two answers were kept, one is asked for again.
        assert {output.text for output in loaded.summarize([request()] * 3)} == {"1.", "3.", "4."}
        assert {output.text for output in loaded.summarize([request()] * 2)} == {"5.", "6."}
    assert len(server.requests) == 6


def test_decoding_settings_are_sent():
    decoding = {"max_tokens": {"short": 7}, "temperature": 0.5, "top_p": 0.9, "repetition_penalty": 1.2}
    with endpoint(GOOD) as server:
        engine = {"base_url": server.url, "model": "other"}
        load(SystemSpec("far", "m", context_window=2048, decoding=decoding, engine=engine)).summarize([request()])
    sent = server.requests[0][2]
    expected = {"model": "other", "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 1}
    assert expected.items() <= sent.items()
    assert sent["repetition_penalty"] == 1.2


def test_the_key_is_sent_as_bearer_and_recorded_nowhere(monkeypatch):
    monkeypatch.setenv("PW_TEST_KEY", KEY)
    with endpoint(GOOD) as server:
        loaded = adapter(server.url, key_env="PW_TEST_KEY")
        made = loaded.summarize([request()])
    assert server.requests[0][1]["authorization"] == f"Bearer {KEY}"
    assert KEY not in str((loaded.environment(), made))


def test_credentials_the_client_finds_by_itself_are_not_sent(monkeypatch):
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", KEY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Other: {KEY}\nAuthorization: Bearer {KEY}")
    with endpoint(GOOD) as server:
        adapter(server.url).summarize([request()])
    assert KEY not in str(server.requests)


def test_a_missing_key_names_its_variable(monkeypatch):
    monkeypatch.delenv("PW_TEST_KEY", raising=False)
    with pytest.raises(AdapterError, match="set the variable PW_TEST_KEY"):
        adapter("http://127.0.0.1:9/v1", key_env="PW_TEST_KEY")


def test_a_long_transcript_is_cut_by_the_estimate():
    with endpoint(GOOD) as server:
        loaded = adapter(server.url)
        made = loaded.summarize([request(turns=2000)])[0]
    assert made.dropped_tokens > 5000
    sent = server.requests[0][2]["messages"][1]["content"]
    assert 3 * 1800 < len(sent) < 3 * 2048
    assert "estimated" in loaded.environment()["token_counting"]


# ---- Through the pipeline


@pytest.fixture
def run_on(db, monkeypatch):
    """A started run of one document on an endpoint; workers load the system anew."""
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    monkeypatch.setenv("PW_TEST_KEY", KEY)
    unload_all()

    def start(url):
        engine = {"base_url": url, "key_env": "PW_TEST_KEY", "max_retries": 0, "timeout_seconds": 5}
        system = SystemFactory(adapter="openai", model_id="m", context_window=2048, engine=engine)
        return lifecycle.start_run(system, DocumentFactory().dataset)

    yield start
    unload_all()


def work(run):
    generation.work_on_run(run.pk, owner="host:1:1:1")
    run.refresh_from_db()
    return run.summaries.get()


def test_a_summary_waits_while_its_endpoint_is_down_and_is_written_when_it_is_back(run_on):
    down = always(503, {"error": {"message": "Loading model"}})
    with endpoint(in_turn(down, GOOD)) as server:
        run = run_on(server.url)
        waiting = work(run)
        assert (waiting.status, waiting.attempts) == (Summary.Status.PENDING, 1)
        assert waiting.not_before > timezone.now()
        assert "Loading model" in waiting.failure_reason
        Summary.objects.update(not_before=timezone.now())
        written = work(run)
    assert (written.status, written.text, run.status) == (Summary.Status.DONE, "A summary.", Run.Status.DONE)


def test_a_summary_whose_endpoint_stays_down_fails_with_the_reason_after_five_attempts(run_on, settings):
    settings.RETRY_SECONDS = 0
    run = run_on(f"http://127.0.0.1:{free_port()}/v1")
    failed = work(run)
    assert (failed.status, failed.attempts) == (Summary.Status.FAILED, 5)
    assert "The endpoint did not answer: Connection error" in failed.failure_reason
    assert "given up after 5 attempts" in failed.failure_reason
    assert run.status == Run.Status.FAILED
    assert "The endpoint did not answer" in run.failure_reason
    assert silent_endpoints([run.system]) == {run.system_id}
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    for address in (reverse("home"), reverse("systems"), run.system.get_absolute_url()):
        assert "did not answer" in client.get(address).content.decode()
    RunFactory(system=run.system, status=Run.Status.DONE, finished_at=timezone.now())
    assert not silent_endpoints([run.system])


def test_a_refusal_fails_the_summary_at_once(run_on):
    with endpoint(always(401, {"error": {"message": f"Incorrect key {KEY}."}})) as server:
        run = run_on(server.url)
        failed = work(run)
    assert (failed.status, len(server.requests)) == (Summary.Status.FAILED, 1)
    assert "Incorrect key [PW_TEST_KEY]" in failed.failure_reason


def test_no_row_holds_the_key(run_on):
    with endpoint(in_turn(always(401, {"error": {"message": KEY}}), GOOD)) as server:
        run = run_on(server.url)
        work(run)
        lifecycle.retry_failed(run)
        assert work(run).status == Summary.Status.DONE
    rows = [*Run.objects.values(), *Summary.objects.values(), *SummaryCall.objects.values()]
    assert "PW_TEST_KEY" in str(rows)
    assert KEY not in str([*rows, run.system.spec()])
