"""Forms about accounts. Each names its fields: nothing else that is sent with them is read."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from accounts.invitations import DAYS
from accounts.mail import LONGEST_ADDRESS
from accounts.models import Role
from accounts.passwords import MOST_MAILS
from accounts.throttle import count_attempt
from annotations.models import Membership, Study
from jobs.messages import announce
from lib.text.translated import mark_of

WHAT_ROLES_DO = {
    Role.RESEARCHER: gettext_lazy("Works with datasets, systems and runs, and creates studies."),
    Role.MEMBER: gettext_lazy("Works in the studies to which somebody adds them."),
    Role.LEAD: gettext_lazy("Does what a researcher does, and runs every study."),
    Role.ADMINISTRATOR: gettext_lazy("Does everything, in every study, and manages accounts."),
}
ROLE_CHOICES = [(role.value, lazystr(role.label)) for role in WHAT_ROLES_DO]
NAME_HELP = gettext_lazy("You log in with it. Letters, digits and @ . + - _, without spaces.")


@sensitive_variables("password")
def is_own_password(request: HttpRequest, password: str) -> bool:
    """Check the password of who is logged in; wrong ones count towards the login's lock."""
    return authenticate(request, username=request.user.get_username(), password=password) is not None


class InvitedForm(auth_forms.UserCreationForm):
    """Makes the account of who was invited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Name")
        self.fields["username"].help_text = NAME_HELP
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _("At least 8 characters, and not a common word.")
        self.fields["password2"].label = _("Password again")
        self.fields["password2"].help_text = ""


class ForgottenForm(auth_forms.PasswordResetForm):
    """Asks for the address; a worker sends the link, so that nobody sees by the time whether the account exists."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        for user in self.get_users(self.cleaned_data["email"]):
            if count_attempt("reset mail", user.pk, MOST_MAILS):
                announce("accounts.tasks.send_reset_link", user.pk)


class NewPasswordForm(auth_forms.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shorten_password_fields(self)


class OwnPasswordForm(auth_forms.PasswordChangeForm):
    """Changes one's own password; the old one is checked under the login's lock."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request
        self.fields["old_password"].label = _("Current password")
        shorten_password_fields(self)

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if not is_own_password(self.request, password):
            raise ValidationError(_("This is not your current password."))
        return password


class CodeForm(forms.Form):
    """Asks for a code of one's app, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        label=gettext_lazy("Code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def refuse(self) -> None:
        """Say that the code is not right, unless the form says already what is wrong."""
        if not self.errors:
            self.add_error("code", _("This code is not right, or was used before. Wait for the next one."))


class OwnPasswordOnlyForm(forms.Form):
    """Asks who is logged in for their password, under the login's lock."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label=gettext_lazy("Current password"),
    )

    def __init__(self, request: HttpRequest, data: QueryDict | None = None) -> None:
        self.request = request
        super().__init__(data)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not is_own_password(self.request, password):
            raise ValidationError(_("This is not your current password."))
        return password


class OwnCodeForm(OwnPasswordOnlyForm, CodeForm):
    """Asks for both."""

    field_order = ["password", "code"]


def shorten_password_fields(form: forms.Form) -> None:
    form.fields["new_password1"].label = _("New password")
    form.fields["new_password1"].help_text = _("At least 8 characters, and not a common word.")
    form.fields["new_password2"].label = _("New password again")
    form.fields["new_password2"].help_text = ""


class ProfileForm(forms.Form):
    """What one may change of one's own account."""

    name = forms.CharField(
        max_length=150,
        required=False,
        label=gettext_lazy("Name shown"),
        help_text=gettext_lazy("In place of the name you log in with."),
    )
    email = forms.EmailField(required=False, max_length=LONGEST_ADDRESS, label=gettext_lazy("Mail address"))
    language = forms.ChoiceField(
        choices=[("", gettext_lazy("The browser’s")), *settings.LANGUAGES],
        required=False,
        label=gettext_lazy("Language"),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label=gettext_lazy("Current password"),
        help_text=gettext_lazy("Only to change the mail address: links for a new password go there."),
    )

    def __init__(self, request: HttpRequest, data: QueryDict | None = None) -> None:
        self.request = request
        self.user = cast(User, request.user)
        account = getattr(self.user, "account", None)
        initial = {
            "name": self.user.get_full_name(),
            "email": self.user.email,
            "language": account.language if account else "",
        }
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("email", self.user.email) != self.user.email and not is_own_password(
            self.request, values.get("password", "")
        ):
            self.add_error("password", _("This is not your current password. It is needed to change the mail address."))
        return values


class InviteForm(forms.Form):
    """Invites somebody to the site, and to a study if one is chosen."""

    email = forms.EmailField(required=False, max_length=LONGEST_ADDRESS, label=gettext_lazy("Mail address"))
    role = forms.ChoiceField(
        choices=ROLE_CHOICES, initial=Role.RESEARCHER, label=gettext_lazy("Role"), widget=forms.RadioSelect
    )
    study = forms.ModelChoiceField(
        Study.objects.order_by("-created_at"),
        required=False,
        empty_label=gettext_lazy("None"),
        label=gettext_lazy("Member of the study"),
    )
    study_role = forms.ChoiceField(
        choices=Membership.Role.choices, initial=Membership.Role.RESEARCHER, label=gettext_lazy("Role in it")
    )
    days = forms.TypedChoiceField(
        choices=[(1, gettext_lazy("1 day")), (7, gettext_lazy("7 days")), (30, gettext_lazy("30 days"))],
        coerce=int,
        initial=DAYS,
        label=gettext_lazy("Holds for"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = cast(forms.ChoiceField, self.fields["role"])
        role.choices = [(role.value, f"{role.label}{mark_of(': ')}{text}") for role, text in WHAT_ROLES_DO.items()]
        self.fields["email"].help_text = (
            _("Gets the link by mail. Empty: you see the link and pass it on yourself.")
            if settings.MAIL_CONFIGURED
            else _("Optional. This site sends no mail: you see the link once and pass it on yourself.")
        )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email and (holder := User.objects.filter(email__iexact=email).first()):
            text = _("The account %(name)s has this address. Add it to a study on the page People of the study.")
            raise ValidationError(text % {"name": holder.get_username()})
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLE_CHOICES, label=gettext_lazy("Role"))
