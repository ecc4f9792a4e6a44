"""What batches cost counts towards an endpoint's dollars of a day: promised when they are sent, corrected when they end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from models_runner.adapters.protocol import NotYetError
from models_runner.models import Endpoint, EndpointRequest, System
from models_runner.runs.asking.limits import promise_dollars, use_of
from models_runner.runs.overview import run_status
from tests.models_runner.runs.batches.helpers import PRICE, collect, started, step, texts, to_the_end
from tests.servers.endpoint import completion

pytestmark = pytest.mark.django_db


@pytest.fixture
def limited(settings, server):
    """Limits the server of the test."""

    def limit(**limits):
        settings.ENDPOINT_LIMITS = {server.url.split("/")[2]: limits}

    return limit


def spent():
    return use_of(Endpoint.objects.get(), timezone.now()).dollars


def whole_cost(answers):
    """Of so many answers of the server's, of 50 and 3 tokens, at the price of batches."""
    return pytest.approx(answers * 0.5 * (50 * PRICE["input"] + 3 * PRICE["output"]) / 1e6)


def test_a_batch_counts_with_the_most_it_may_cost_and_then_with_what_it_did(server, limited):
    limited(dollars_a_day=1.0)
    server.open_looks = 1
    run = started(server, documents=3)
    collect(run)
    assert not EndpointRequest.objects.exists()  # nothing is sent yet
    step(run)
    # At least what three answers of 256 tokens would cost.
    assert spent() > 3 * 0.5 * 256 * PRICE["output"] / 1e6
    to_the_end(run)
    assert spent() == whole_cost(3)


def test_a_batch_waits_until_the_day_has_money_and_says_so(server, limited):
    limited(dollars_a_day=0.02)
    run = started(server, documents=1)
    promise_dollars(server.url.split("/")[2], "something else", 0.0199)
    collect(run)
    (said,) = step(run)
    batch = run.batches.get()
    assert "a day for" in said  # in the log, after its name
    assert (batch.status, batch.provider_id) == ("pending", "")
    assert said.endswith(batch.failure_reason)
    assert batch.not_before.time() == timezone.now().replace(hour=0, minute=0, second=0, microsecond=0).time()
    assert batch.not_before > timezone.now()
    assert server.times("POST /files") == server.times("POST /batches") == 0
    assert run_status(run).batches == [batch]
    # The next day: what was spent before is no matter.
    EndpointRequest.objects.update(begun_at=timezone.now() - timedelta(days=2), ended_at=timezone.now())
    run.batches.update(not_before=None)
    assert to_the_end(run).status == "done"


def test_batches_are_as_small_as_a_days_money_wants(server, limited):
    # A call may cost 0.0012 to 0.0014.
    limited(dollars_a_day=0.0056)
    run = to_the_end(started(server, documents=4))
    assert run.batches.count() == 2
    assert [status for status, _ in texts(run)] == ["done"] * 4
    assert spent() == whole_cost(4)


@pytest.mark.parametrize(
    ("dollars", "price", "said"),
    [(0.0001, PRICE, "One request may cost"), (1.0, {}, "the system's record has no price of tokens")],
)
def test_what_can_never_be_paid_fails_and_says_why(server, limited, dollars, price, said):
    limited(dollars_a_day=dollars)
    run = started(server, documents=1)
    System.objects.update(price=price)
    ((status, reason),) = texts(to_the_end(run))
    assert status == "failed"
    assert said in reason
    assert server.seen == []


def test_a_batch_that_is_tried_again_promises_nothing_twice(server, limited):
    limited(dollars_a_day=1.0)
    run = started(server, documents=2)
    collect(run)

    server.faults["POST /files"] = [(500, {"error": {"message": "busy"}})]
    step(run)
    promised = spent()
    assert promised > 0
    step(run)
    assert spent() <= promised
    to_the_end(run)
    assert spent() == whole_cost(2)


def test_a_batch_that_the_provider_refuses_costs_nothing(server, limited):
    limited(dollars_a_day=1.0)
    server.ends, server.problems = "failed", [{"code": "invalid_json_line", "message": "no"}]
    to_the_end(started(server, documents=1))
    assert spent() == 0


def test_answers_that_tell_no_tokens_cost_what_was_promised(server, limited):
    limited(dollars_a_day=1.0)
    server.answer = lambda body: (200, completion() | {"usage": None})
    run = started(server, documents=1)
    collect(run)
    step(run)
    promised = spent()
    to_the_end(run)
    assert spent() == promised > 0


def test_other_limits_do_not_hold_up_batches(server, limited):
    limited(requests_at_once=1, requests_a_minute=1, tokens_a_minute=1)
    assert to_the_end(started(server, documents=3)).status == "done"
    assert not EndpointRequest.objects.exists()


def test_money_is_promised_once_for_a_name(limited, settings):
    settings.ENDPOINT_LIMITS = {"models.example.org": {"dollars_a_day": 1.0}}
    for _ in range(3):
        promise_dollars("models.example.org", "batch a", 0.6)
    assert spent() == pytest.approx(0.6)
    with pytest.raises(NotYetError):
        promise_dollars("models.example.org", "batch b", 0.6)
    assert spent() == pytest.approx(0.6)
