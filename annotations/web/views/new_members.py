"""Owners invite members who have no account yet."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from accounts import invitations, mail
from accounts.rights import rights_of
from accounts.roles import AccountError
from annotations.models import Study
from annotations.people.new_members import INVITED_BEFORE, invite_member
from annotations.web.access import owners_only
from annotations.web.forms.people import NewMemberForm
from annotations.web.views.people import people_page
from lib.serving.addresses import address_for
from lib.serving.once import SentBeforeError, sent_once
from lib.text.translated import verbatim


@owners_only
@never_cache
@require_POST
@sensitive_variables("token", "link")
def invite(request: HttpRequest, study: Study) -> HttpResponse:
    """Make an invitation to the study; its link goes by mail, or is in this answer and nowhere else."""
    by = cast(User, request.user)
    if not rights_of(by).invite_members:
        raise PermissionDenied("Only researchers invite people without an account. Ask an administrator.")
    form = NewMemberForm(request.POST)
    if not form.is_valid():
        return people_page(request, study, new_member_form=form)
    try:
        with sent_once(request):
            invitation, token = invite_member(study, form.cleaned_data["role"], by, email=form.cleaned_data["email"])
    except SentBeforeError:
        messages.info(request, INVITED_BEFORE)
        return redirect("study-people", study.slug)
    except AccountError as error:
        form.add_error(None, str(error))
        return people_page(request, study, new_member_form=form)
    path = reverse("invited", args=[token])
    if mail.is_wanted(invitation.email):
        try:
            mail.send_invitation(invitation, path)
        except mail.MailError as error:
            messages.error(request, f"The mail was not sent ({error}). Pass the link on yourself.")
        else:
            messages.success(request, f"The invitation was sent to {verbatim(invitation.email)}.")
            return redirect("study-people", study.slug)
    return people_page(request, study, link=address_for(request, path))


@owners_only
@require_POST
def revoke(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    invited = get_object_or_404(study.invited_members.select_related("invitation"), pk=pk)
    if invitations.revoke(invited.invitation, cast(User, request.user)):
        messages.success(request, "The invitation was revoked. Its link makes no account any more.")
    return redirect("study-people", study.slug)
