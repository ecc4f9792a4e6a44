"""Django's accounts, each loaded together with its role."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

PATH = "accounts.backends.AccountBackend"


class AccountBackend(ModelBackend):
    def authenticate(self, request: HttpRequest | None, *args: Any, **kwargs: Any) -> User | None:
        user = super().authenticate(request, *args, **kwargs)
        if user is None:
            raise PermissionDenied  # the next backend knows the same passwords
        return user

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("account").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
