"""Refuse a posted value that is none of those a page's own buttons send."""

from collections.abc import Iterable

from django.http import HttpResponseBadRequest


def refuse_choice(field: str, value: str | None, expected: Iterable[str]) -> HttpResponseBadRequest:
    """Return the answer to who sent this value, or none: which field, what it held, what was expected.

    As plain text: the value is somebody's.
    """
    held = "is missing" if value is None else f"is {value!r}"
    return HttpResponseBadRequest(
        f"{field} {held}; expected {' or '.join(expected)}.", content_type="text/plain; charset=utf-8"
    )
