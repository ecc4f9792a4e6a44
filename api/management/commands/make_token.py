from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api.models.tokens import Scope
from api.tokens import TokenError, make_token


class Command(BaseCommand):
    help = "Make a token for the API and print it, this once. People make and revoke theirs on the page Tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="What it is for.")
        parser.add_argument("--scope", default=Scope.READ, choices=[Scope.READ, Scope.WRITE, Scope.ADMIN])
        parser.add_argument("--days", type=int, help="Days until it expires; without this it never expires.")

    def handle(self, *args: Any, username: str, name: str, scope: str, days: int | None, **options: Any) -> None:
        owner = User.objects.filter(username=username).first()
        if owner is None:
            raise CommandError(
                f"There is no account {username!r}. Make one with createsuperuser, or in the admin site."
            )
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        try:
            _, text = make_token(owner, name, scope, expires_at=expires_at)
        except TokenError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text)
