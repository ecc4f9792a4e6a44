"""What pages show beside a board, computed from the same votes and kept as long as they stay the same."""

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
    """compute(inputs), or what it gave for the votes with this fingerprint.

    fingerprint: of the board the page shows. Where votes have come since, what is computed now is not kept under it.
    """
    key = _key(query.criterion.pk, query.filters.key, fingerprint, what)
    found: T | None = cache.get(key)
    if found is None:
        inputs = gather_inputs(query.study, query.criterion, filters=query.filters)
        found = compute(inputs)
        if inputs.fingerprint == fingerprint:
            cache.set(key, found, SECONDS)
    return found


def cached_value(query: BoardQuery, fingerprint: str, what: str, make: Callable[[], T]) -> T:
    """The same without the inputs: for drawn files, whose numbers may be newer than the board by a moment's votes."""
    key = _key(query.criterion.pk, query.filters.key, fingerprint, what)
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, SECONDS)
    return found


def _key(*parts: object) -> str:
    """Short and plain whatever the parts are, as some caches want it."""
    return "results-" + sha256(repr((CODE_VERSION, *parts)).encode()).hexdigest()
