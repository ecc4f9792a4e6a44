"""Ask an address with values that nobody means, in every parameter and field that it looks at."""

import random
from contextlib import contextmanager

from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils.datastructures import MultiValueDict

VALUES = (
    "",
    "a\x00b",
    "x" * 300,
    "9" * 30,
    "-1",
    "1e400",
    "NaN",
    "²",
    "[" * 450,
    '{"a":' * 900,
    "2026-02-31T25:61",
    "0001-01-01T00:00",
    "9999-12-31",
    "\u202e😀%'\"<&;\\",
    "\r\nSet-Cookie: x=1",
)
LARGE = 10**30
KEPT_OUT = ("csrfmiddlewaretoken",)


@contextmanager
def asked_names():
    """Collect the names that views and forms look up in the query, the form and the files of requests."""
    names, originals = set(), {}

    def watch(method):
        original = originals[method] = getattr(MultiValueDict, method)

        def watched(self, key, *args, **kwargs):
            if isinstance(key, str) and key not in KEPT_OUT:
                names.add(key)
            return original(self, key, *args, **kwargs)

        setattr(MultiValueDict, method, watched)

    for method in ("get", "getlist", "__getitem__"):
        watch(method)
    try:
        yield names
    finally:
        for method, original in originals.items():
            setattr(MultiValueDict, method, original)


@contextmanager
def undone():
    """Take back what a request changed."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Fuzzer:
    """Sends to one address, as one client.

    Attributes:
        failures: What was answered by 500 or more: (method, address, data, status or exception).
        sent: How many requests were made.
    """

    def __init__(self, client: Client, seed: int) -> None:
        self._client, self._random = client, random.Random(seed)
        client.raise_request_exception = False
        self.failures, self.sent = [], 0

    def send(self, method, address, data=None):
        with undone(), asked_names() as names:
            answer = getattr(self._client, method)(address, data or {})
            if answer.streaming:
                b"".join(answer.streaming_content)
        self.sent += 1
        if answer.status_code >= 500:
            self.failures.append((method, address[:100], str(data)[:100], answer.status_code))
        return names

    def fuzz(self, name, args, given, *, values_each):
        """Ask the address for each name that it looks at, with some of the values; then with wrong parts of its path."""
        address = reverse(name, args=args)
        for method in ("get", "post"):
            names = self.send(method, address, given) | self.send(method, address)
            for field in sorted(names):
                for value in self._random.sample(VALUES, values_each):
                    self.send(method, address, {**given, field: value})
            for value in self._random.sample(VALUES, max(values_each, 3)):
                self.send(method, address, {**given, **dict.fromkeys(names, value)})
        self.fuzz_path(name, args, given)

    def fuzz_path(self, name, args, given):
        for place in range(len(args)):
            for wrong in (LARGE, "a\x00b", "x" * 300):
                try:
                    address = reverse(name, args=[*args[:place], wrong, *args[place + 1 :]])
                except NoReverseMatch:
                    continue
                self.send("get", address)
                self.send("post", address, given)
