"""Limits on what is sent to an endpoint hold over all workers together, and a run waits where a day's money is spent."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs.ownership import owner_id
from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from models_runner.adapters.openai_api.turns import RequestSize, busy_seconds, turn_at
from models_runner.adapters.protocol import AdapterError, NotYetError, Prompt, SystemSpec
from models_runner.adapters.registry import load_engine, unload_all
from models_runner.checks import problem_of_limits
from models_runner.models import Endpoint, EndpointRequest, Run, Summary
from models_runner.runs import lifecycle
from models_runner.runs.asking.limits import tidy, use_of
from models_runner.runs.generation import work_on_run
from models_runner.runs.queue.waiting import waiting_of
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory, make_study
from tests.judges.files import judge
from tests.servers.endpoint import completion, endpoint

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "models.example.org"
PRICE = {"input": 1000.0, "output": 1000.0}  # so that 1,000 tokens are a dollar


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def limited(settings, host=HOST, **limits):
    settings.ENDPOINT_LIMITS = {host: limits}


def wish(prompt=500, output=500, price=None):
    return lambda: RequestSize(prompt, output, PRICE if price is None else price)


def sent(host=HOST, *, seconds_ago=0.0, ended=True, owner=None, **values):
    """A request of earlier."""
    begun = timezone.now() - timedelta(seconds=seconds_ago)
    return EndpointRequest.objects.create(
        endpoint=Endpoint.objects.get_or_create(host=host)[0], owner=owner or owner_id(), begun_at=begun,
        held_until=timezone.now() + timedelta(minutes=1), ended_at=begun if ended else None,
        **{"tokens": 10, "dollars": 0.0} | values,
    )  # fmt: skip


class Counting:
    """Answers after a while, and keeps how many were asked for at the same time at most."""

    def __init__(self, seconds=0.05):
        self.seconds, self.now, self.most, self.lock = seconds, 0, 0, threading.Lock()

    def __call__(self, body, headers):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1
        return 200, {}, completion("A summary.", prompt_tokens=97)


def system_at(server, **values):
    engine = {"base_url": server.url, "concurrency": 4, "max_retries": 0}
    return SystemFactory(adapter="openai", model_id="m", context_window=4096, engine=engine, **values)


def dataset_of(documents):
    dataset = DatasetFactory()
    for number in range(documents):
        DocumentFactory(dataset=dataset, external_id=f"m{number}")
    return dataset


def host_at(server):
    return server.url.removeprefix("http://").removesuffix("/v1")


def test_workers_together_send_no_more_at_once_than_the_endpoint_takes(settings):
    counting, faults = Counting(), []
    dataset = dataset_of(8)
    with endpoint(counting) as server:
        limited(settings, host_at(server), requests_at_once=2)
        runs = [lifecycle.start_run(system_at(server), dataset) for _ in range(2)]

        def work(run, number):
            try:
                work_on_run(run.pk, owner=f"host:{number}:1:1")
            except Exception as error:
                faults.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(run, number)) for number, run in enumerate(runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    assert Summary.objects.done().count() == 16
    assert counting.most == 2
    assert EndpointRequest.objects.filter(ended_at=None).count() == 0
    assert set(EndpointRequest.objects.values_list("tokens", flat=True)) == {100}


def test_without_limits_nothing_is_counted(settings):
    limited(settings, "elsewhere.example.org", requests_at_once=1)
    with endpoint(Counting(0)) as server:
        run = lifecycle.start_run(system_at(server), dataset_of(1))
        work_on_run(run.pk, owner="host:1:1:1")
    assert Run.objects.get().status == "done"
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("limits", "earlier", "waits"),
    [
        ({"requests_a_minute": 2}, [{"seconds_ago": 30}, {"seconds_ago": 5}], True),
        ({"requests_a_minute": 2}, [{"seconds_ago": 61}, {"seconds_ago": 5}], False),
        ({"tokens_a_minute": 1500}, [{"seconds_ago": 30, "tokens": 501}], True),
        ({"tokens_a_minute": 1500}, [{"seconds_ago": 30, "tokens": 500}], False),
        ({"tokens_a_minute": 10}, [], False),  # a request of more than a minute's tokens goes alone
        ({"requests_at_once": 1}, [{"ended": False}], True),
        ({"requests_at_once": 1}, [{"ended": False, "host": "other.example.org"}], False),
    ],
)
def test_a_request_waits_until_there_is_room(settings, monkeypatch, limits, earlier, waits):
    limited(settings, **limits)
    for values in earlier:
        sent(**values)

    def slept(seconds):
        assert 0 < seconds <= 2
        raise InterruptedError

    monkeypatch.setattr("models_runner.runs.asking.limits.time.sleep", slept)
    if waits:
        with pytest.raises(InterruptedError), turn_at(HOST, wish()):
            pass
    else:
        with turn_at(HOST, wish()):
            assert EndpointRequest.objects.filter(endpoint__host=HOST, ended_at=None).exists()
        assert not EndpointRequest.objects.filter(endpoint__host=HOST, ended_at=None, tokens=1000).exists()


def test_a_request_of_a_worker_that_is_gone_holds_no_place(settings):
    gone = owner_id().rsplit(":", 3)[0] + ":999999999:1:1"
    lost = sent(ended=False, owner=gone, dollars=0.5)
    silent = sent(ended=False, owner="elsewhere/1:1:1:1")
    silent.held_until = timezone.now() - timedelta(seconds=1)
    silent.save()
    tidy(lost.endpoint, timezone.now())
    use = use_of(lost.endpoint, timezone.now())
    assert (use.at_once, use.a_minute, use.dollars) == (0, 2, 0.5)


def test_a_day_without_money_left_lets_a_run_wait_until_the_next_and_counts_no_attempt(settings):
    with endpoint(Counting(0)) as server:
        host = host_at(server)
        limited(settings, host, dollars_a_day=10)
        earlier = sent(host, seconds_ago=1, dollars=9.9)
        system = system_at(server, price=PRICE, decoding={"max_tokens": 400})
        run = lifecycle.start_run(system, dataset_of(6))
        work_on_run(run.pk, owner="host:1:1:1")
        assert server.requests == []
        waiting = waiting_of([run])[run.pk]
        assert "The $10 a day for" in waiting.fault
        assert waiting.pause_until.hour == waiting.pause_until.minute == 0
        assert waiting.pause_until > timezone.now()
        assert set(run.summaries.values_list("status", "attempts")) == {("pending", 0)}
        # The day after.
        EndpointRequest.objects.filter(pk=earlier.pk).update(begun_at=timezone.now() - timedelta(days=1, seconds=5))
        run.summaries.update(not_before=timezone.now())
        work_on_run(run.pk, owner="host:1:1:1")
    assert Run.objects.get().status == "done"
    assert set(run.summaries.values_list("status", "attempts")) == {("done", 1)}
    dollars = EndpointRequest.objects.exclude(pk=earlier.pk).values_list("dollars", flat=True)
    assert list(dollars) == pytest.approx([0.1] * 6)  # 97 read and 3 written, not what was feared
    assert not EndpointRequest.objects.filter(pk=earlier.pk).exists()


def test_judges_wait_as_runs_do(settings):
    study = make_study(systems=2, documents=2)
    with endpoint(Counting(0)) as server:
        limited(settings, host_at(server), dollars_a_day=1)
        sent(host_at(server), dollars=0.999)
        engine = {"base_url": server.url, "max_retries": 0}
        asking = judge("paid", adapter="openai", model_id="m", context_window=4096, engine=engine, price=PRICE,
                       answer_tokens=10)  # fmt: skip
        job = start_judging(asking, study, Asked())
        work_on_judging(job.pk, owner="host:1:1:1")
        assert server.requests == []
    assert set(job.verdicts.values_list("status", "attempts")) == {("pending", 0)}
    assert all(row.not_before > timezone.now() for row in job.verdicts.all())


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ({}, "the system's record has no price of tokens"),
        ({"input": 10**7, "output": 1}, r"may cost \$5000, more than"),
    ],
)
def test_what_no_day_will_let_pass_is_an_error(settings, price, message):
    limited(settings, dollars_a_day=10)
    with pytest.raises(AdapterError, match=message) as caught, turn_at(HOST, wish(price=price)):
        pass
    assert not isinstance(caught.value, NotYetError)


def test_a_worker_that_is_told_to_end_waits_for_no_turn(settings, monkeypatch):
    limited(settings, requests_at_once=1)
    sent(ended=False)
    monkeypatch.setattr("models_runner.runs.asking.limits.worker_is_ending", lambda: True)
    with pytest.raises(NotYetError, match="The worker ends"), turn_at(HOST, wish()):
        pass


def test_the_time_of_a_summary_is_without_its_wait(settings):
    with endpoint(Counting(0.05)) as server:
        limited(settings, host_at(server), requests_at_once=1)
        spec = SystemSpec("s", "m", context_window=4096, engine={"base_url": server.url, "concurrency": 4})
        engine = load_engine("openai", spec)
        held = sent(host_at(server), ended=False)
        threading.Timer(0.6, lambda: (EndpointRequest.objects.filter(pk=held.pk).delete(), connection.close())).start()
        written = engine.write([Prompt(text="Hello.", limit=5)] * 2)
    assert sum(one.seconds for one in written) < 0.5


def test_busy_seconds_count_no_second_twice_and_no_wait():
    assert busy_seconds([(0, 2), (1, 3), (10, 11), (10.5, 10.6)]) == pytest.approx(4)
    assert busy_seconds([]) == 0


@pytest.mark.parametrize(
    "values", [{"dollars": -0.1}, {"ended_at": timezone.now() - timedelta(days=2)}, {"endpoint_id": None}]
)
def test_the_database_refuses_what_cannot_be(values):
    row = sent()
    with pytest.raises(IntegrityError), transaction.atomic():
        EndpointRequest.objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({}, ""),
        ({HOST: {"requests_at_once": 8, "dollars_a_day": 2.5}}, ""),
        ([], "ENDPOINT_LIMITS is list; expected hosts with limits"),
        ({HOST: 5}, f"ENDPOINT_LIMITS of {HOST} is 5; expected"),
        ({HOST: {"requests": 5}}, "has 'requests'; expected one of requests_at_once, requests_a_minute"),
        ({HOST: {"tokens_a_minute": 0}}, "tokens_a_minute is 0; expected a number above 0"),
        ({HOST: {"tokens_a_minute": True}}, "tokens_a_minute is True; expected"),
        ({HOST: {"tokens_a_minute": "8"}}, "tokens_a_minute is '8'; expected"),
        ({HOST: {"tokens_a_minute": float("nan")}}, "tokens_a_minute is nan; expected"),
    ],
)
def test_limits_that_nobody_can_keep_are_named(limits, problem):
    assert problem in problem_of_limits(limits)
    assert bool(problem_of_limits(limits)) is bool(problem)
