"""Who may open a page without an account, by a link or in public, and the headers of every answer.

A page is refused to whoever still rates summaries of the same meetings, with their account or in this browser, as the
pages of results are. Whatever the answer is: it is not stored, not indexed where it came by a link, tells no other site
where it was read, and puts no address into the log, since the address of a link is its secret.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from annotations.models import Study
from annotations.web.access import StillRatingError, refuse_while_rating
from leaderboards.data.lookup import UnknownCriterionError
from leaderboards.models import SharedLink, ShownPages
from leaderboards.models.sharing import PAGES
from leaderboards.sharing.links import count_opening, find_link
from leaderboards.sharing.public import visible_boards
from leaderboards.sharing.rules import rating_goes_on
from leaderboards.snapshots.query import RETRY_AFTER, SnapshotPendingError

LINK, PUBLIC = "shared", "public"
SECONDS_A_MINUTE = 60


@dataclass(frozen=True)
class Showing:
    """Pages of a study that are shown without an account.

    Attributes:
        way: LINK or PUBLIC, which names of addresses begin with.
        key: The token of the link, or the study's slug.
    """

    shown: ShownPages
    study: Study
    way: str
    key: str

    def address(self, page: str) -> str:
        return reverse(f"{self.way}-{page}", args=[self.key])

    def pages(self, current: str) -> list[tuple[str, str, bool]]:
        """List the pages for their navigation: address, name, and whether it is the current one."""
        return [(self.address(page), PAGES[page], page == current) for page in self.shown.pages]


class NotShownError(Exception):
    """No page is shown; the answer says why."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


View = Callable[..., HttpResponseBase]


def by_link(page: str = "") -> Callable[[View], View]:
    """Decorate a view of a page of links: it gets what is shown in place of the token."""
    return _gate(page, _of_link)


def in_public(page: str) -> Callable[[View], View]:
    """Decorate a view of a public page: it gets what is shown in place of the study's slug."""
    return _gate(page, _of_public)


def _gate(page: str, find: Callable[[HttpRequest, str, str], Showing]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @never_cache
        @require_safe
        @wraps(view)
        @sensitive_variables()
        def checked(request: HttpRequest, key: str) -> HttpResponseBase:
            try:
                showing = find(request, key, page)
                refuse_while_rating(request, showing.study)
                answer = view(request, showing)
            except NotShownError as refusal:
                answer = refusal.answer
            except StillRatingError as still:
                answer = _still_rating(request, still)
            except UnknownCriterionError:
                answer = ended(request, "There is no such question in this study.", 404)
            except SnapshotPendingError:
                answer = render(request, "leaderboards/shared/pending.html", {"seconds": RETRY_AFTER}, status=503)
                answer["Retry-After"] = str(RETRY_AFTER)
            return _closed_off(answer, listed=find is _of_public)

        return checked

    return decorate


def _closed_off(answer: HttpResponseBase, *, listed: bool) -> HttpResponseBase:
    if not listed:
        answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # No other site is told the address; ours is, so that the choice of a language leads back to the page.
    answer["Referrer-Policy"] = "same-origin"
    # Django logs the address of every answer from 400 on, and that of a link is as good as a password. Where something
    # fails, accounts.logs cuts it out.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def ended(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "leaderboards/shared/ended.html", {"why": why}, status=status)


def _of_link(request: HttpRequest, token: str, page: str) -> Showing:
    link, now = find_link(token), timezone.now()
    if link is None:
        raise NotShownError(ended(request, "No page has this link. Perhaps it was cut off when it was copied.", 404))
    if link.has_ended(now):
        raise NotShownError(ended(request, _why_ended(link), 410))
    if page and page not in link.pages:
        raise NotShownError(ended(request, "This link does not show that page.", 404))
    if rating_goes_on(link.study, now) and not link.insisted:
        raise NotShownError(
            ended(request, "Rating goes on again in this study. Its results are shown once it is over.", 403)
        )
    if page and not count_opening(link, now):
        busy = ended(
            request, "This link was opened too often in this minute. Wait a minute, then reload the page.", 429
        )
        busy["Retry-After"] = str(SECONDS_A_MINUTE - now.second)
        raise NotShownError(busy)
    return Showing(link, link.study, LINK, token)


def _why_ended(link: SharedLink) -> str:
    if link.revoked_at is not None:
        return "This link was revoked. Ask whoever gave it to you for a new one."
    return "This link has expired. Ask whoever gave it to you for a new one."


def public_or_404() -> None:
    """Raise Http404 where the installation has no public pages."""
    if not settings.PUBLIC_BOARDS:
        raise Http404


def _of_public(request: HttpRequest, slug: str, page: str) -> Showing:
    board = None
    if settings.PUBLIC_BOARDS:
        board = visible_boards(timezone.now()).filter(study__slug=slug).first()
    if board is None or page not in board.pages:
        raise NotShownError(ended(request, "There is no such public page.", 404))
    return Showing(board, board.study, PUBLIC, slug)


def _still_rating(request: HttpRequest, refusal: StillRatingError) -> HttpResponse:
    """Say why results must wait, in the language of whoever rates, and without the study's slug, which may name one."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "leaderboards/shared/rating.html", {"refusal": refusal}, status=403)
