"""The people of a study: its owners and researchers, and the invitations to rate."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import AccountInvitation
from annotations.models.studies import Study


class Membership(models.Model):
    """The role of an account in a study. Leads and administrators need none."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        RESEARCHER = "researcher", "Researcher"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="membership_once_per_study_user"),
            models.CheckConstraint(condition=Q(role__in=["owner", "researcher"]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.study}"


class InvitedMember(models.Model):
    """The role in a study that an invitation to have an account carries."""

    invitation = models.OneToOneField(AccountInvitation, on_delete=models.CASCADE, related_name="invited_member")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invited_members")
    role = models.CharField(max_length=10, choices=Membership.Role.choices)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["owner", "researcher"]), name="invited_member_role_known")
        ]

    def __str__(self) -> str:
        return f"{self.invitation}: {self.role} of {self.study}"


class Invitation(models.Model):
    """A link to join a study that expires or has a number of uses; the open link is a setting of the study."""

    class Kind(models.TextChoices):
        LINK = "link", "A link for several people"
        EMAIL = "email", "A link for one person each"
        EXTERNAL = "external", "A recruiting platform, such as Prolific"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=200, blank=True, help_text="For researchers; the address of a person.")
    id_parameter = models.CharField(max_length=50, blank=True, help_text="Of the address: who the platform sends.")
    expires_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["link", "email", "external"]), name="invitation_kind_known"),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")), name="invitation_within_its_uses"
            ),
            models.CheckConstraint(
                condition=(Q(kind="external") & ~Q(id_parameter="")) | (~Q(kind="external") & Q(id_parameter="")),
                name="invitation_external_names_its_parameter",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk} to {self.study_id}"
