"""The people who appear in tests of pages."""

from django.contrib.auth import get_user_model
from django.test import Client

from accounts.roles import give_role
from tests.factories import UserFactory


def researcher() -> Client:
    """A lead, who opens every study."""
    return _logged_in(username="researcher", is_staff=True)


def administrator() -> Client:
    """May do everything, and manages accounts."""
    return _logged_in(username="administrator", is_staff=True, is_superuser=True)


def annotator() -> Client:
    """Has an account, and no business on a researcher's page."""
    return _logged_in(username="annotator")


def with_role(role: str) -> Client:
    """Somebody with this role on the site."""
    client = _logged_in(username=f"the-{role}")
    give_role(get_user_model().objects.get(username=f"the-{role}"), role)
    return client


def stranger() -> Client:
    return Client()


def _logged_in(**user: object) -> Client:
    """The same person in another browser, the second time."""
    client = Client()
    known = get_user_model().objects.filter(username=user["username"]).first()
    client.force_login(known or UserFactory(**user))
    return client
