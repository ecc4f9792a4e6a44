"""Forms that invite annotators and add members."""

from django import forms

from annotations.models import Invitation, Membership
from annotations.web.forms.fields import moment_field


class InvitationForm(forms.Form):
    kind = forms.ChoiceField(choices=Invitation.Kind.choices, widget=forms.RadioSelect, initial=Invitation.Kind.LINK)
    label = forms.CharField(max_length=200, required=False, help_text="Your own name for it; annotators do not see it.")
    addresses = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=100_000,
        help_text="For personal links: one e-mail address per line. The site sends no mail; send the links yourself.",
    )
    id_parameter = forms.CharField(
        max_length=50,
        required=False,
        label="Platform's parameter",
        help_text="The address parameter that identifies the person; PROLIFIC_PID on Prolific.",
    )
    max_uses = forms.IntegerField(
        min_value=1, required=False, label="Maximum number of people", help_text="Empty: any number."
    )
    expires_at = moment_field(
        label="Valid until", help_text="In the time zone of the site; empty: until it is revoked."
    )


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER)
