"""Invite somebody from the command line, such as the first administrator of a new installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.invitations import DAYS, invite
from accounts.models import Role
from accounts.roles import AccountError
from lib.serving.addresses import site_address


class Command(BaseCommand):
    help = "Print a one-time link that makes an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", default=Role.MEMBER, choices=Role.values)
        parser.add_argument("--days", type=int, default=DAYS, help="how long the link holds")

    def handle(self, *args: Any, role: str, days: int, **options: Any) -> None:
        try:
            invitation, token = invite(None, role, days=days)
        except AccountError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(site_address(reverse("invited", args=[token])))
        until = f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"Role: {Role(role).label}. The link works once, until {until}.")
