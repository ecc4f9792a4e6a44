"""Forms that make something once, however often they are sent: by a reload, a double click, the way back.

The form holds a random key (`{% form_key %}`), and the session the keys of those that were sent. It holds nothing of
what they made. A form without a key, as programs send it, makes something each time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import Promise

P = ParamSpec("P")
FIELD = "once"
SENT = "forms-sent"
MOST_KEPT = 50


class SentBeforeError(Exception):
    """This form has made what it makes."""


@contextmanager
def sent_once(request: HttpRequest) -> Iterator[None]:
    """Make something by a form inside this; where that raises, the form can be sent again.

    Raises:
        SentBeforeError: The form was sent before, perhaps a moment ago in another process; nothing inside is run.
    """
    key = _key(request)
    if key:
        _remember(request, key)
    try:
        yield
    except BaseException:
        if key:
            request.session[SENT] = [sent for sent in request.session[SENT] if sent != key]
        raise


def leads_on(
    to: str, said: str | Promise = ""
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Lead whoever sends a form twice to this page: of what the first deleted, the second finds nothing.

    Args:
        said: Said there to the second.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def sent(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                with sent_once(request):
                    return view(request, *args, **kwargs)
            except SentBeforeError:
                if said:
                    messages.info(request, str(said))
                return redirect(to)

        return sent

    return decorate


def _key(request: HttpRequest) -> str:
    try:
        return UUID(request.POST.get(FIELD, "")).hex
    except ValueError:
        return ""


@transaction.atomic
def _remember(request: HttpRequest, key: str) -> None:
    """Keep the key at once. Of two requests at the same time the second waits for the session's row."""
    session = request.session
    held = Session.objects.select_for_update().filter(session_key=session.session_key).exists()
    sent = type(session)(session.session_key).get(SENT, []) if held else []
    if key in sent:
        raise SentBeforeError
    session[SENT] = [*sent, key][-MOST_KEPT:]
    if held:
        session.save()
