"""Who may see studies and rate in them: one helper per object loads it and checks rights.

A stranger gets 404, a weaker role 403. Decorators say for whom a page is: members_only, owners_only, not_while_rating.
"""

from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.rights import rights_of
from annotations.models import Annotator, Membership, Study
from annotations.rating.assignment import has_work
from annotations.rating.queries import find_annotator
from annotations.rating.results_seen import note_results_seen
from lib.serving.login_gate import login_required

__all__ = [
    "LEAD",
    "READER",
    "StillRatingError",
    "annotator_gate",
    "annotator_page",
    "being_rated",
    "check_may_create_studies",
    "continued_here",
    "datasets_being_rated",
    "forget",
    "get_annotator",
    "get_managed_study",
    "get_results_study",
    "login_required",
    "members_only",
    "not_while_rating",
    "owners_only",
    "raters_here",
    "refusals_by_dataset",
    "refuse_to_change_example",
    "refuse_while_rating",
    "remember",
    "results_are_shown",
    "results_only",
    "role_of",
    "study_creators_only",
    "study_gate",
    "visible_studies",
]

SESSION_KEY = "annotators"
# The role in every study of who has the right every_study (accounts.rights).
LEAD = "lead"
# The role in the example study of who may create studies: they read all of it and change nothing.
READER = "reader"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Pages that take something, and store nothing of it.
STORE_NOTHING = ("preview-answer", "study-protocol")


def role_of(user: AbstractBaseUser | AnonymousUser, study: Study) -> str | None:
    """Return "lead", "owner", "researcher", "reader", or None for everybody else."""
    if not isinstance(user, User):
        return None
    rights = rights_of(user)
    if rights.every_study:
        return LEAD
    role = study.memberships.filter(user=user).values_list("role", flat=True).first()
    return READER if role is None and study.simulated and rights.create_studies else role


def visible_studies(user: User) -> QuerySet[Study]:
    """Return the studies a user may open: all of them for leads; their own, and the example for researchers."""
    studies, rights = Study.objects.select_related("dataset"), rights_of(user)
    if rights.every_study:
        return studies
    own = Q(pk__in=Membership.objects.filter(user=user).values("study"))
    return studies.filter(own | Q(simulated=True) if rights.create_studies else own)


def get_managed_study(request: HttpRequest, slug: str, *, owner: bool = False) -> Study:
    """Load the study for leads and its members; with owner=True for leads and its owners only.

    Its annotators get 404 as strangers do: they know it by another address, and a guessed slug tells them nothing.
    """
    study = get_object_or_404(Study.objects.select_related("dataset", "created_by"), slug=slug)
    role = role_of(request.user, study)
    if role in (LEAD, Membership.Role.OWNER) or (role and not owner):
        refuse_to_change_example(request, role)
        return study
    if role:
        raise PermissionDenied("Only owners of the study may do this.")
    raise Http404


def refuse_to_change_example(request: HttpRequest, role: str | None) -> None:
    """Raise PermissionDenied where a reader of the example sends what would be stored."""
    if role != READER or request.method in SAFE_METHODS:
        return
    if request.resolver_match is None or request.resolver_match.url_name not in STORE_NOTHING:
        raise PermissionDenied(_("The example is there to read. Create a study of your own to change something."))


def get_results_study(request: HttpRequest, slug: str) -> Study:
    """Return the study to leads and its members; a stranger gets 404, so that a guessed slug reveals nothing.

    Raises:
        StillRatingError: They rate in this study, with their account or in this browser, and have pairs left.
    """
    study = get_object_or_404(Study.objects.select_related("dataset"), slug=slug)
    role = role_of(request.user, study)
    if role is None:
        raise Http404
    refuse_to_change_example(request, role)
    refuse_while_rating(request, study)
    return study


def get_annotator(request: HttpRequest, public_id: str) -> Annotator | None:
    """Return the annotator that this browser is in the study, or None if it has not joined; 404 for no such study."""
    annotator_id = request.session.get(SESSION_KEY, {}).get(public_id)
    annotator = find_annotator(annotator_id, UUID(public_id)) if annotator_id else None
    if annotator is not None:
        # They may have made their answers anonymous in another browser.
        return annotator if annotator.erased_at is None else None
    get_object_or_404(Study, public_id=public_id)
    return None


def remember(request: HttpRequest, annotator: Annotator) -> None:
    """Make this browser continue as this annotator."""
    joined = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = joined | {str(annotator.study.public_id): annotator.pk}


def forget(request: HttpRequest, annotator: Annotator) -> None:
    """Make this browser be the annotator no longer."""
    joined = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = {
        study: pk for study, pk in joined.items() if study != str(annotator.study.public_id)
    }


class StillRatingError(PermissionDenied):
    """The person still has pairs to rate in the study; results, and who wrote which text, would sway them.

    Attributes:
        study: The study.
        joined_here: True if this browser can continue rating without the personal link.
    """

    def __init__(self, study: Study, *, joined_here: bool) -> None:
        super().__init__(_("You still have comparisons to rate on these documents. Rate them, or stop rating, first."))
        self.study = study
        self.joined_here = joined_here


def raters_here(request: HttpRequest, study: Study) -> QuerySet[Annotator]:
    """Return the annotators that this account or this browser is in the study."""
    here = request.session.get(SESSION_KEY, {}).get(str(study.public_id))
    return study.annotators.select_related("study").filter(_is_the_visitor(request, [here] if here else []))


def _is_the_visitor(request: HttpRequest, here: list[int]) -> Q:
    """Condition: this account, or one of those that this browser is. Somebody logged out is no annotator's account."""
    of_browser = Q(pk__in=here)
    return of_browser | Q(user=request.user.pk) if request.user.is_authenticated else of_browser


def _visitors(request: HttpRequest) -> list[Annotator]:
    """Return the annotators that this account or this browser is, in any study."""
    here = request.session.get(SESSION_KEY, {}).values()
    return list(Annotator.objects.select_related("study").filter(_is_the_visitor(request, list(here))))


def being_rated(request: HttpRequest) -> list[Study]:
    """Return the studies in which this account or this browser has pairs to rate, and so may see no results."""
    return [annotator.study for annotator in _visitors(request) if has_work(annotator)]


def continued_here(request: HttpRequest) -> list[Study]:
    """Return the studies in which this browser has pairs to rate, and goes on without a link."""
    here = request.session.get(SESSION_KEY, {})
    return [study for study in being_rated(request) if str(study.public_id) in here]


def refusals_by_dataset(request: HttpRequest) -> dict[int, StillRatingError]:
    """Return what refuses this account or this browser, by the dataset on which it has pairs to rate, in any study.

    The one rule about texts with their systems, and about results: whoever rates some summaries of a dataset sees
    neither, in any study of the dataset and on no page of its documents and runs.
    """
    here = request.session.get(SESSION_KEY, {})
    return {
        study.dataset_id: StillRatingError(study, joined_here=str(study.public_id) in here)
        for study in being_rated(request)
    }


def refuse_while_rating(request: HttpRequest, study: Study) -> None:
    """Raise StillRatingError if this account or this browser has pairs to rate on the study's dataset, in any study.

    It names this study where they rate in it. Who rates no more is about to see results, and that is stored.
    """
    themselves = [who for who in _visitors(request) if who.study.dataset_id == study.dataset_id]
    rated = [who.study for who in themselves if has_work(who)]
    if not rated:
        note_results_seen(themselves)
    else:
        first = min(rated, key=lambda other: other.pk != study.pk)
        joined_here = str(first.public_id) in request.session.get(SESSION_KEY, {})
        raise StillRatingError(first, joined_here=joined_here)


def datasets_being_rated(request: HttpRequest) -> set[int]:
    """Return the ids of datasets on which this account or this browser has pairs to rate, in any study."""
    return {study.dataset_id for study in being_rated(request)}


def results_are_shown(request: HttpRequest, datasets: Collection[int]) -> None:
    """Store that this account or this browser is shown results, or who wrote which text, of these datasets."""
    if datasets:
        note_results_seen(who for who in _visitors(request) if who.study.dataset_id in datasets)


View = Callable[..., HttpResponseBase]


def study_gate(find: Callable[[HttpRequest, str], Study]) -> Callable[[View], View]:
    """Make a decorator for pages of one study: visitors log in, `find` checks the rest and loads the study.

    The view gets the study in place of its slug.
    """

    def gate(view: View) -> View:
        @login_required
        @wraps(view)
        def checked(request: HttpRequest, slug: str, **more: Any) -> HttpResponseBase:
            return view(request, find(request, slug), **more)

        return checked

    return gate


def study_creators_only(view: View) -> View:
    """Open a view to who may create studies: visitors log in, other accounts get 403."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, **more: Any) -> HttpResponseBase:
        check_may_create_studies(request)
        return view(request, **more)

    return checked


def check_may_create_studies(request: HttpRequest) -> None:
    if not rights_of(request.user).create_studies:
        raise PermissionDenied("Only researchers create studies. Ask an administrator for that role.")


members_only = study_gate(get_managed_study)
results_only = study_gate(get_results_study)
owners_only = study_gate(partial(get_managed_study, owner=True))


def not_while_rating(view: View) -> View:
    """Close a page to whoever has pairs to rate on the study's dataset; put it below a gate, which passes the study."""

    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, study: Study, **more: Any) -> HttpResponseBase:
        refuse_while_rating(request, study)
        return view(request, study, **more)

    return checked


def annotator_gate(refuse: Callable[[HttpRequest], HttpResponse]) -> Callable[[View], View]:
    """Make a decorator that passes the view the annotator of this browser in place of the study's public id."""

    def gate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, public_id: UUID, **more: Any) -> HttpResponseBase:
            annotator = get_annotator(request, str(public_id))
            return refuse(request) if annotator is None else view(request, annotator, **more)

        return checked

    return gate


@annotator_gate
def annotator_page(request: HttpRequest) -> HttpResponse:
    """Refuse a page to a browser that has not joined the study."""
    return render(request, "annotations/not_joined.html", status=403)
