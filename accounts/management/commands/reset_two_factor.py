"""Let somebody log in without their second factor, where no administrator can do it on the page Accounts."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from accounts.two_factor.changes import reset


class Command(BaseCommand):
    help = "Take away the second factor of an account whose owner has lost it, and end its sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name that the account logs in with")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name!r}.")
        if not reset(user, None):
            raise CommandError(f"{name} has no second factor: the password is enough.")
        self.stdout.write(f"{name} logs in by the password alone again, and was logged out everywhere.")
