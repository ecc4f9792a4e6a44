"""Let requests to an endpoint wait for their turn, where whoever runs the site has limited its use (ENDPOINT_LIMITS).

What is under way, and what was sent within the last minute and the day, is counted in the database, so limits hold over
all workers: for runs, trials, judges and the metric claims. Of a provider's batches only the money counts
(models_runner/runs/batches/money.py): it has limits of its own for them.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from jobs.leases import KeepLease, lease_time
from jobs.ownership import is_gone, owner_id
from jobs.workers.draining import worker_is_ending
from models_runner.adapters.openai_api.turns import EndpointTurn, RequestSize
from models_runner.adapters.protocol import AdapterError, NotYetError
from models_runner.models import Endpoint, EndpointRequest
from models_runner.systems.prices import cost_in_dollars

AT_ONCE, A_MINUTE, TOKENS, DOLLARS = "requests_at_once", "requests_a_minute", "tokens_a_minute", "dollars_a_day"
LIMITS = (AT_ONCE, A_MINUTE, TOKENS, DOLLARS)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# How long to wait before the endpoint is looked at again.
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 2.0

Limits = Mapping[str, float]


@dataclass(frozen=True)
class Use:
    """What an endpoint does now, and did within a minute and since midnight (UTC).

    Attributes:
        at_once: Requests under way.
        a_minute: Requests begun within the last minute.
        tokens: Tokens of those.
        dollars: What was spent today, with what those under way may cost.
        oldest: When the first of the last minute's requests began.
    """

    at_once: int
    a_minute: int
    tokens: int
    dollars: float
    oldest: datetime | None


@contextmanager
def take_turn(host: str, wish: Callable[[], RequestSize]) -> Iterator[EndpointTurn]:
    """See models_runner/adapters/openai_api/turns.py."""
    limits: Limits | None = settings.ENDPOINT_LIMITS.get(host)
    if not limits:
        yield EndpointTurn()
        return
    wished, turn = wish(), EndpointTurn()
    try:
        request = _wait(host, limits, wished)
        ours = EndpointRequest.objects.filter(pk=request.pk)
        with KeepLease(lambda: ours.update(held_until=timezone.now() + lease_time())):
            try:
                yield turn
            finally:
                ours.update(ended_at=timezone.now(), **_took(turn, wished))
    finally:
        connection.close()  # of this thread, which ends with its request


def _took(turn: EndpointTurn, wished: RequestSize) -> dict[str, float]:
    """Return what the answer took; what was wished for stays counted where its server does not say."""
    if turn.prompt_tokens is None or turn.output_tokens is None:
        return {}
    dollars = cost_in_dollars(wished.price, turn.prompt_tokens, turn.output_tokens, None)
    return {"tokens": turn.prompt_tokens + turn.output_tokens} | ({} if dollars is None else {"dollars": dollars})


def _wait(host: str, limits: Limits, wished: RequestSize) -> EndpointRequest:
    dollars = most_dollars(host, wished)
    endpoint, _ = Endpoint.objects.get_or_create(host=host)
    while True:
        if worker_is_ending():
            raise NotYetError("The worker ends while a request waits for its turn.", timezone.now())
        taken = _try(endpoint, limits, wished.prompt_tokens + wished.output_tokens, dollars)
        if isinstance(taken, EndpointRequest):
            return taken
        time.sleep(taken * random.uniform(0.7, 1.0))  # noqa: S311 (so that those who wait do not all ask at once)


def dollars_a_day(host: str) -> float | None:
    """Return how much may be spent on the host in a day; None where nobody limits it."""
    limit = settings.ENDPOINT_LIMITS.get(host, {}).get(DOLLARS)
    return None if limit is None else float(limit)


def most_dollars(host: str, wished: RequestSize, *, in_batch: bool = False) -> float:
    """Return what the request costs at most; 0 where nobody limits money. Raises AdapterError."""
    limit = dollars_a_day(host)
    if limit is None:
        return 0.0
    price = {name: value for name, value in wished.price.items() if name in ("input", "output", "batch")}
    dollars = cost_in_dollars(price, wished.prompt_tokens, wished.output_tokens, None, in_batch=in_batch)
    if dollars is None:
        raise AdapterError(
            f"This site spends ${limit:g} a day on {host} at most, and the system's record has no price of "
            'tokens. Set its price, such as {"input": 0.5, "output": 1.5} dollars a million.'
        )
    if dollars > limit:
        raise AdapterError(
            f"One request may cost ${dollars:.4g}, more than the ${limit:g} that this site spends on {host} "
            "a day (ENDPOINT_LIMITS). A smaller limit of tokens in the system's decoding makes it cheaper."
        )
    return dollars


def promise_dollars(host: str, name: str, dollars: float) -> None:
    """Count this much of today's money for what has this name, and nothing of the other limits; twice is once.

    Raises:
        NotYetError: Not so much is left.
    """
    endpoint, _ = Endpoint.objects.get_or_create(host=host)
    with transaction.atomic():
        Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        now = timezone.now()
        endpoint.requests.filter(owner=name).delete()
        _check_money(endpoint, use_of(endpoint, now).dollars + dollars, now)
        endpoint.requests.create(owner=name, begun_at=now, held_until=now, ended_at=now, tokens=0, dollars=dollars)


def note_dollars(host: str, name: str, dollars: float) -> None:
    """Count this in place of what was promised; on a later day there is nothing to correct."""
    EndpointRequest.objects.filter(endpoint__host=host, owner=name).update(dollars=dollars)


def _check_money(endpoint: Endpoint, dollars: float, now: datetime) -> None:
    """Raise NotYetError if the day's money is less than this."""
    limit = dollars_a_day(endpoint.host)
    if limit is not None and dollars > limit:
        raise NotYetError(
            f"The ${limit:g} a day for {endpoint.host} are spent or promised; this goes on at 00:00 UTC.",
            _midnight(now) + DAY,
        )


def _try(endpoint: Endpoint, limits: Limits, tokens: int, dollars: float) -> EndpointRequest | float:
    """Take a turn if there is one, else return for how many seconds to wait. Raises NotYetError."""
    with transaction.atomic():
        # Of all workers, one after the other looks and takes.
        Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        now = timezone.now()
        tidy(endpoint, now)
        use = use_of(endpoint, now)
        _check_money(endpoint, use.dollars + dollars, now)
        if use.at_once >= limits.get(AT_ONCE, float("inf")):
            return SHORTEST_WAIT
        # A request of more tokens than a minute may have goes where nothing else does.
        many = use.tokens and use.tokens + tokens > limits.get(TOKENS, float("inf"))
        if many or use.a_minute >= limits.get(A_MINUTE, float("inf")):
            left = ((use.oldest or now) + MINUTE - now).total_seconds()
            return min(max(left, SHORTEST_WAIT), LONGEST_WAIT)
        return endpoint.requests.create(
            owner=owner_id(), begun_at=now, held_until=now + lease_time(), tokens=tokens, dollars=dollars
        )


def use_of(endpoint: Endpoint, now: datetime) -> Use:
    """Return what counts towards the endpoint's limits."""
    requests: QuerySet[EndpointRequest] = endpoint.requests.all()
    of_minute, of_day = Q(begun_at__gt=now - MINUTE), Q(begun_at__gte=_midnight(now))
    found = requests.aggregate(
        at_once=Count("pk", filter=Q(ended_at=None)),
        a_minute=Count("pk", filter=of_minute),
        tokens=Sum("tokens", filter=of_minute),
        dollars=Sum("dollars", filter=of_day),
        oldest=Min("begun_at", filter=of_minute),
    )
    return Use(found["at_once"], found["a_minute"], found["tokens"] or 0, found["dollars"] or 0.0, found["oldest"])


def tidy(endpoint: Endpoint, now: datetime) -> None:
    """Delete what no limit counts any more; end requests of workers that are gone, whose cost stays counted."""
    requests: QuerySet[EndpointRequest] = endpoint.requests.all()
    requests.filter(begun_at__lt=min(_midnight(now), now - MINUTE), ended_at__isnull=False).delete()
    under_way = requests.filter(ended_at=None)
    owners = under_way.values_list("owner", flat=True).distinct()
    gone = [owner for owner in owners if is_gone(owner)]
    under_way.filter(Q(held_until__lt=now) | Q(owner__in=gone)).update(ended_at=now)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def uses(now: datetime) -> list[tuple[str, list[tuple[str, float, float]]]]:
    """Return for each endpoint with limits its use of each: the limit's name, what is used, and the limit."""
    endpoints = {endpoint.host: endpoint for endpoint in Endpoint.objects.filter(host__in=settings.ENDPOINT_LIMITS)}
    shown = []
    for host, limits in sorted(settings.ENDPOINT_LIMITS.items()):
        use = use_of(endpoints[host], now) if host in endpoints else Use(0, 0, 0, 0.0, None)
        used = {AT_ONCE: use.at_once, A_MINUTE: use.a_minute, TOKENS: use.tokens, DOLLARS: use.dollars}
        shown.append((host, [(name, used[name], limits[name]) for name in LIMITS if name in limits]))
    return shown
