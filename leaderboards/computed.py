"""What pages show beside a board, computed from the same votes and kept as long as they stay the same."""

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from django.core.cache import cache

from annotations.models import Criterion, Study
from leaderboards.boards import CODE_VERSION
from leaderboards.material import Material, gather

T = TypeVar("T")
SECONDS = 24 * 3600


def kept(study: Study, criterion: Criterion, fingerprint: str, what: str, compute: Callable[[Material], T]) -> T:
    """compute(material), or what it gave for the votes with this fingerprint.

    fingerprint: of the board the page shows. Where votes have come since, what is computed now is not kept under it.
    """
    key = _key(study.pk, criterion.pk, fingerprint, what)
    found: T | None = cache.get(key)
    if found is None:
        material = gather(study, criterion)
        found = compute(material)
        if material.fingerprint == fingerprint:
            cache.set(key, found, SECONDS)
    return found


def kept_value(study: Study, criterion: Criterion, fingerprint: str, what: str, make: Callable[[], T]) -> T:
    """The same without the material: for drawn files, whose numbers may be newer than the board by a moment's votes."""
    key = _key(study.pk, criterion.pk, fingerprint, what)
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, SECONDS)
    return found


def _key(*parts: object) -> str:
    """Short and plain whatever the parts are, as some caches want it."""
    return "results-" + sha256(repr((CODE_VERSION, *parts)).encode()).hexdigest()
