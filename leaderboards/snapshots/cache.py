"""Cache what pages show beside a board, for as long as the votes stay the same."""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache

from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.inputs import BoardInputs, gather_inputs
from leaderboards.snapshots.query import BoardQuery

T = TypeVar("T")
SECONDS = 24 * 3600


def cached_from_inputs(query: BoardQuery, fingerprint: str, what: str, compute: Callable[[BoardInputs], T]) -> T:
    """Return compute(inputs), from the cache where it was computed for the votes of this fingerprint.

    fingerprint: Of the board that the page shows. Where votes were given since, the result is not cached under it.
    """
    key = _key(query.criterion.pk, query.filters.key, fingerprint, what)
    cached: T | None = cache.get(key)
    if cached is None:
        inputs = gather_inputs(query.study, query.criterion, filters=query.filters)
        cached = compute(inputs)
        if inputs.fingerprint == fingerprint:
            cache.set(key, cached, SECONDS)
    return cached


def cached_value(query: BoardQuery, fingerprint: str, what: str, make: Callable[[], T]) -> T:
    """Return make(), from the cache where it was made for this fingerprint.

    For drawn files: their data may be newer than the board by the votes of a moment.
    """
    key = _key(query.criterion.pk, query.filters.key, fingerprint, what)
    cached: T | None = cache.get(key)
    if cached is None:
        cached = make()
        cache.set(key, cached, SECONDS)
    return cached


def _key(*parts: object) -> str:
    """Return a short key of plain characters, as some caches require."""
    return "results-" + sha256(repr((CODE_VERSION, *parts)).encode()).hexdigest()
