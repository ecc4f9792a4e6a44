"""Accounts in tests: browsers of people with roles, and one-time links."""

import threading

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from accounts.invitations import invite
from accounts.roles import give_role
from tests.factories import UserFactory

PASSWORD = "correct horse"
NEW = "battery staple 7"


def account(role="member", **values):
    user = UserFactory(**values)
    give_role(user, role)
    return User.objects.select_related("account").get(pk=user.pk)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def opened(token, client=None):
    """A browser in which the link of an invitation was opened."""
    client = client or Client()
    client.get(f"/invited/{token}/")
    return client


def link(by=None, role="member", **terms):
    """The token of an invitation."""
    return invite(by, role, **terms)[1]


def form(name="maya", **more):
    return {"username": name, "password1": NEW, "password2": NEW} | more


def at_once(*calls):
    """What each of several threads gets, started together; an exception is what it got."""
    start, got = threading.Barrier(len(calls)), []

    def work(call):
        start.wait()
        try:
            got.append(call())
        except Exception as error:  # the test looks at it
            got.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
