"""Roles, and what each gets, by kinds of addresses; tests/addresses.py says of which kind each address is."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

# The first six have no role on the site but that of a member; "modeller" is a researcher on the site with no role in the
# study.
ROLES = (
    *("stranger", "annotator", "outsider", "other owner", "researcher", "owner"),
    *("modeller", "lead", "administrator"),
)
SITE_ROLES = {"modeller": "researcher", "lead": "lead", "administrator": "administrator"}
# What each role gets. in: the page, or a redirect that is not to the login; login; 403; 404. Who rates in a study and has
# work left in it is shown no result of it, and may not manage it.
EVERYBODY = ("in",) * 9
RESEARCHERS = ("login", *("403",) * 5, "in", "in", "in")
LEADS = ("login", *("403",) * 6, "in", "in")
ADMINISTRATORS = ("login", *("403",) * 7, "in")
# By a token of the operator alone, or where a login provider is set.
NO_ACCOUNT = ("404",) * 9
LOGGED_IN = ("login",) + ("in",) * 8
MEMBERS = ("login", "404", "404", "404", "in", "in", "404", "in", "in")
OWNERS = ("login", "404", "404", "404", "403", "in", "404", "in", "in")
# Of owners, those whose role on the site lets them.
INVITING_OWNERS = ("login", "404", "404", "404", "403", "403", "404", "in", "in")
# Of the outsider here: somebody else's is not there, whoever asks.
ONES_OWN = ("login", "404", "in", *("404",) * 6)
# Of who rates in the study; where an account does not, there is nothing to stop.
ONES_RATING = ("login", "in", *("404",) * 7)
# For everybody with an account, but for who has work left in the study.
PUBLISHED = ("login", "404", *("in",) * 7)
# Shown without an account, but to nobody who has work left on the same meetings.
WHO_RATES_NOT = ("in", "403", *("in",) * 7)
# By the browser's own cookie, not by account.
JOINED = ("403", "in", *("403",) * 7)
# An invitation that nobody opened in this browser.
NOT_INVITED = ("410",) * 9
# Of who has not given a password before, and of who has, but gives none here.
TO_LOGIN = ("login",) * 9
ASKED_FOR_A_PASSWORD = ("login", *("400",) * 8)
NO_ADDRESS_WAITS = ("login", *("410",) * 8)


@dataclass
class World:
    """A browser of each role, and what the addresses are asked with: their arguments and what is posted to them.

    Attributes:
        files: contents of the release's and the export's by their paths.
    """

    clients: dict[str, Client]
    args: dict[str, list[Any]]
    data: dict[str, dict[str, Any]]
    files: dict[Path, bytes]


class Browsers(dict[str, Client]):
    """Of each role one that has the cookies as they were made, opened when a test first asks for it."""

    def __init__(self, made: dict[str, Client]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, role: str) -> Client:
        again = self[role] = Client()
        again.cookies = deepcopy(self._made[role].cookies)
        return again
