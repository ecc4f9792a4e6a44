"""Owners' page of people: members, invitations, and who the annotators are."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from annotations.models import Annotator, Invitation, Membership, Study
from annotations.people import invitations, links, members
from annotations.people.new_members import invited_members
from annotations.review.kept import StudyFigures, figures_in, is_fresh, served_figures
from annotations.review.remaining import pairs_left
from annotations.review.work_done import AnnotatorActivity, activity_lines, activity_of
from annotations.studies import progress
from annotations.web import redirects
from annotations.web.access import LEAD, not_while_rating, owners_only, role_of
from annotations.web.forms.lists import PeopleForm
from annotations.web.forms.people import InvitationForm, MemberForm, NewMemberForm
from lib.csv_cells import csv_line
from lib.names import spellings
from lib.numbers import format_count
from lib.serving.addresses import address_for
from lib.serving.once import SentBeforeError, sent_once

ROWS_A_PAGE = 25


@owners_only
@require_GET
def people(request: HttpRequest, study: Study) -> HttpResponse:
    return people_page(request, study)


def people_page(
    request: HttpRequest,
    study: Study,
    *,
    invitation_form: InvitationForm | None = None,
    member_form: MemberForm | None = None,
    new_member_form: NewMemberForm | None = None,
    link: str = "",
) -> HttpResponse:
    """Show the page, with a form that has errors or with the one-time link of a new member."""
    find_form = PeopleForm.of(request.GET)
    asked = find_form.asked()
    find = asked["find"]
    invitations = Paginator(_invitations(study, find), ROWS_A_PAGE).get_page(request.GET.get("invitations"))
    kept = served_figures(study)
    figures = figures_in(kept) if kept else None
    counted = (figures.left if figures else {}) if kept else None
    listed = _annotators(study, counted, **asked)
    annotators = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("annotators"))
    work, left = _work(study, annotators, figures, is_kept=kept is not None)
    context = {
        "study": study,
        "members": study.memberships.select_related("user"),
        "asked": asked,
        "chosen": any(asked.values()) or bool(find_form.errors),
        "find_form": find_form,
        "invitations": invitations,
        "invitation_rows": [(invitation, _link(request, invitation)) for invitation in invitations],
        "annotators": annotators,
        "more_is_coming": progress.more_is_coming(study),
        "kept": kept,
        "annotator_rows": [(annotator, work.get(annotator.pk), left.get(annotator.pk)) for annotator in annotators],
        "invitation_form": invitation_form or InvitationForm(),
        "member_form": member_form or MemberForm(),
        "invited_members": invited_members(study),
        "now": timezone.now(),
        "new_member_form": new_member_form or NewMemberForm(),
        "link": link,
    }
    wrong = invitation_form or member_form or new_member_form
    return render(request, "annotations/people.html", context, status=400 if wrong else 200)


def _invitations(study: Study, find: str) -> QuerySet[Invitation]:
    """Select all invitations, or those with this in their label, which may be a person's address."""
    return study.invitations.filter(label__icontains=find) if find else study.invitations.all()


def _work(
    study: Study, annotators: Sequence[Annotator], figures: StudyFigures | None, *, is_kept: bool
) -> tuple[dict[int, AnnotatorActivity], dict[int, int]]:
    """Return the activity and the pairs left by annotator; in a large study those a worker counted, if any yet."""
    if is_kept:
        return (figures.activity, figures.left) if figures else ({}, {})
    return activity_of(annotators), pairs_left(study, annotators)


def _annotators(study: Study, left: dict[int, int] | None, *, find: str, show: str) -> QuerySet[Annotator]:
    """Select annotators whose pseudonym, platform id, account or invitation contains `find`.

    Args:
        left: Pairs left by annotator where they are counted already.
        show: "finished" or "left" (pairs left to rate); "" for both.
    """
    annotators = study.annotators.select_related("invitation", "user")
    if show:
        left = pairs_left(study, study.annotators.all()) if left is None else left
        annotators = annotators.filter(pk__in=[pk for pk, number in left.items() if (number > 0) == (show == "left")])
    if not find:
        return annotators
    known_by = ("pseudonym", "external_id", "user__username", "invitation__label")
    parts = (Q(**{f"{name}__icontains": part}) for name in known_by for part in spellings(find))
    return annotators.filter(reduce(or_, parts))


def _link(request: HttpRequest, invitation: Invitation) -> str:
    link = address_for(request, links.single_path(invitation))
    return f"{link}?{invitation.id_parameter}=…" if invitation.id_parameter else link


@owners_only
@require_POST
def add_member(request: HttpRequest, study: Study) -> HttpResponse:
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            members.add_member(study, by=cast(User, request.user), **form.cleaned_data)
        except members.MemberError as error:
            form.add_error("username", str(error))
    if form.errors:
        return people_page(request, study, member_form=form)
    return _back(request, study)


@owners_only
@require_POST
def remove_member(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    try:
        with sent_once(request):
            members.remove_member(get_object_or_404(study.memberships, pk=pk), cast(User, request.user))
    except members.MemberError as error:
        messages.error(request, str(error))
    except SentBeforeError:
        pass  # the first has removed them
    return _back(request, study)


def _back(request: HttpRequest, study: Study) -> HttpResponse:
    """Return to the page, or redirect former owners to what they may still open."""
    role = role_of(request.user, study)
    if role in (LEAD, Membership.Role.OWNER):
        return redirect(redirects.as_it_was(request, "study-people", study.slug))
    messages.success(
        request, f"You are {'now a researcher' if role else 'no longer a member'} of the study {study.slug}."
    )
    return redirect(study if role else "studies")


@owners_only
@require_POST
def invite(request: HttpRequest, study: Study) -> HttpResponse:
    form = InvitationForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            with sent_once(request):
                made = invitations.invite(
                    study, by=cast(User, request.user), **values | {"addresses": values["addresses"].splitlines()}
                )
            messages.success(request, _made(len(made)))
        except SentBeforeError:
            messages.info(
                request, _("This form was sent before: its invitations were made then, and are listed below.")
            )
        except invitations.InvitationError as error:
            form.add_error(None, str(error))
    if form.errors:
        return people_page(request, study, invitation_form=form)
    return redirect(redirects.as_it_was(request, "study-people", study.slug))


def _made(number: int) -> str:
    text = ngettext(
        "The invitation is made. Copy its link from the list, and send it yourself.",
        "{n} invitations are made. Copy their links from the list, or download them as CSV, and send them yourself.",
        number,
    )
    return text.format(n=format_count(number))


@owners_only
@require_POST
def revoke(request: HttpRequest, study: Study, public_id: UUID) -> HttpResponse:
    invitations.revoke(get_object_or_404(study.invitations, public_id=public_id), cast(User, request.user))
    return redirect(redirects.as_it_was(request, "study-people", study.slug))


@owners_only
@require_GET
def invitations_csv(request: HttpRequest, study: Study) -> HttpResponse:
    """Download addresses and links of unused personal invitations, for a mail merge."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{study.slug}-invitations.csv"'
    answer.write(csv_line(["address", "link"]))
    unused = study.invitations.filter(kind=Invitation.Kind.EMAIL, revoked_at=None, uses=0)
    for invitation in unused.order_by("pk"):
        answer.write(csv_line([invitation.label, _link(request, invitation)]))
    return answer


@owners_only
@not_while_rating
@require_GET
def work_csv(request: HttpRequest, study: Study) -> HttpResponse:
    """Download who rated how much, for paying them; of a large study as a worker counted it a moment ago."""
    kept = served_figures(study)
    figures = figures_in(kept) if kept and is_fresh(kept) else None
    if kept and figures is None:
        messages.info(request, "A worker counts the work done. Download the file in a minute.")
        return redirect("study-people", study.slug)
    lines = activity_lines(study, *((figures.activity, figures.left) if figures else ()))
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{study.slug}-work.csv"'
    return answer
