"""Inviting annotators and adding members."""

from django import forms

from annotations.models import Invitation, Membership
from annotations.web.forms.fields import moment_field


class InvitationForm(forms.Form):
    kind = forms.ChoiceField(choices=Invitation.Kind.choices, widget=forms.RadioSelect, initial=Invitation.Kind.LINK)
    label = forms.CharField(max_length=200, required=False, help_text="What you call it; annotators do not see it.")
    addresses = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=100_000,
        help_text="For links for one person each: one e-mail address a line. The site sends no mail; you do.",
    )
    id_parameter = forms.CharField(
        max_length=50,
        required=False,
        label="Platform's parameter",
        help_text="Names the person in the address; PROLIFIC_PID on Prolific.",
    )
    max_uses = forms.IntegerField(min_value=1, required=False, label="People at most", help_text="Empty: any number.")
    expires_at = moment_field(
        label="Valid until", help_text="In the time zone of the site; empty: until it is taken back."
    )


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER)
