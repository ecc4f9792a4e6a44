"""A process in which nothing is random and the clock stands still, so that what it writes can be compared.

`hold` must run before any module of the project is imported: modules take `uuid4` and `now` by name.
"""

import itertools
import random
import secrets
import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.humanize.templatetags import humanize
from django.utils import timezone

STARTED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# Public, so that whoever holds the fixture can open its signed links; no installation may use it.
SECRET_KEY = "the-key-of-a-filled-database-of-tests"
# How an identifier made in a held process begins.
NEW = "00000000-0000-4000-8000-"


class Clock:
    """Gives the same moment, or one a step later at each call of the main thread.

    Other threads renew leases when the machine is slow: they must not move the clock.
    """

    def __init__(self, at: datetime, step: timedelta = timedelta()) -> None:
        self.at, self.step = at, step

    def __call__(self) -> datetime:
        if threading.current_thread() is threading.main_thread():
            self.at += self.step
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class FirstChoice(random.Random):
    """Tosses no coin, so that the number of tosses before it makes no difference."""

    def choice(self, options: Any) -> Any:
        return options[0]


def hold(clock: Clock, *, identifiers: Iterable[uuid.UUID], dice: random.Random | None = None) -> None:
    """Replace the sources of time and of chance. dice: what fills a database; None: every toss comes out the same."""
    numbers = iter(identifiers)
    timezone.now = clock
    _hold_ages(clock)
    uuid.uuid4 = lambda: next(numbers)
    own = dice or random.Random(0)
    secrets.token_hex = lambda nbytes=None: own.randbytes(nbytes or 32).hex()
    secrets.token_bytes = lambda nbytes=None: own.randbytes(nbytes or 32)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    secrets.token_urlsafe = lambda nbytes=None: "".join(own.choices(letters, k=-(-4 * (nbytes or 32) // 3)))
    secrets.choice = own.choice
    coin = dice or FirstChoice(0)
    random.SystemRandom = lambda: coin  # type: ignore[misc, assignment]
    seeds = itertools.count() if dice else itertools.repeat(0)
    generator = np.random.default_rng
    np.random.default_rng = lambda seed=None: generator(next(seeds) if seed is None else seed)


def _hold_ages(clock: Clock) -> None:
    """ "3 days ago" counts from Python's own clock: what is written would be another every day."""

    class Held(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.at.astimezone(tz)

    humanize.datetime = Held  # type: ignore[attr-defined]


def drawn_identifiers(dice: random.Random) -> Iterable[uuid.UUID]:
    while True:
        yield uuid.UUID(int=dice.getrandbits(128), version=4)


def counted_identifiers() -> Iterable[uuid.UUID]:
    """Recognisable, so that an output can leave them out."""
    return (uuid.UUID(f"{NEW}{number:012x}") for number in itertools.count(1))


def simplify_pages() -> None:
    """Pages need no collected static files, and passwords no slow hash; after django.setup()."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
