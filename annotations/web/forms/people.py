"""Forms that invite annotators, ask them about themselves, and add members."""

from django import forms

from accounts.mail import LONGEST_ADDRESS
from annotations.models import Invitation, Membership
from annotations.studies.personal_questions import QuestionError, QuestionLine, parse_questions
from annotations.web.forms.fields import moment_field
from lib.numbers import LARGEST


class InvitationForm(forms.Form):
    kind = forms.ChoiceField(choices=Invitation.Kind.choices, widget=forms.RadioSelect, initial=Invitation.Kind.LINK)
    label = forms.CharField(
        max_length=200,
        required=False,
        help_text="Your own name for it; annotators do not see it. A link for one person each is named by their "
        "address.",
    )
    addresses = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=100_000,
        help_text="For links for one person each: one e-mail address per line. The site sends no mail; send the "
        "links yourself.",
    )
    id_parameter = forms.CharField(
        max_length=50,
        required=False,
        label="Platform's parameter",
        help_text="The address parameter that identifies the person; PROLIFIC_PID on Prolific.",
    )
    max_uses = forms.IntegerField(
        min_value=1,
        max_value=LARGEST,
        required=False,
        label="Maximum number of people",
        help_text="Empty: any number.",
    )
    expires_at = moment_field(
        label="Valid until", help_text="In the time zone of the site; empty: until it is revoked."
    )


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER)


class NewMemberForm(forms.Form):
    """Invites somebody who has no account yet."""

    email = forms.EmailField(
        required=False,
        max_length=LONGEST_ADDRESS,
        label="Mail address",
        help_text="Optional; kept with the account.",
    )
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER)


class QuestionsField(forms.CharField):
    """Questions about people, one a line; gives annotations.studies.personal_questions.QuestionLine."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: str) -> list[QuestionLine]:
        try:
            return parse_questions(super().clean(value))
        except QuestionError as error:
            raise forms.ValidationError(str(error)) from error


class AskingForm(forms.Form):
    """What annotators agree to, and what they are asked about themselves."""

    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        max_length=50_000,
        label="Consent text",
        help_text="In Markdown. People agree to it before they are given a pair. A change is a new version: everybody "
        "is asked again. Empty: no consent is asked.",
    )
    before = QuestionsField(
        required=False,
        label="Questions before rating",
        help_text="One a line: text | What do you do? – choice | Your first language? | English; Chinese; another – "
        "scale | How well do you know such meetings? | 1-5; not at all; very well. People may leave any of them out.",
    )
    after = QuestionsField(
        required=False,
        label="Questions after rating",
        help_text="In the same form; asked once nothing is left to rate.",
    )
