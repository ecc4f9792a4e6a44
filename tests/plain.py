"""What makes tests cheap: pages render without collected files, passwords are hashed quickly, and calls have room.

Python keeps the frames of its calls in pieces of 16 KB, which it takes from the system and gives back as calls begin
and end. Tests call deep: where a loop's calls begin at the end of a piece, each takes and returns one, which was half a
second of the system's time for a hundred thousand of them. A call that needs a large frame gets a piece that all
calls below it find room in.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings

# Of eight bytes: the piece is twice as large, a megabyte, and the system gives pages where something is written.
PLACES = 70_000


def plain_settings():
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    return {
        "STORAGES": settings.STORAGES | plain,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


def with_room(function: Callable[..., Any], *args: Any) -> Any:
    """What the function returns."""
    return function(*args)


with_room.__code__ = with_room.__code__.replace(co_stacksize=PLACES)
