"""The three people who appear in every test of a page."""

from django.test import Client

from tests.factories import UserFactory


def researcher() -> Client:
    return _logged_in(username="researcher", is_staff=True)


def annotator() -> Client:
    """Has an account, and no business on a researcher's page."""
    return _logged_in(username="annotator")


def stranger() -> Client:
    return Client()


def _logged_in(**user: object) -> Client:
    client = Client()
    client.force_login(UserFactory(**user))
    return client
