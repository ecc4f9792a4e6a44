import sys
from pathlib import Path

import pytest

from api.tokens import make_token
from tests.factories import UserFactory

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    """As after pip install ./client."""
    monkeypatch.syspath_prepend(str(ROOT / "client"))
    yield
    for name in [name for name in sys.modules if name.startswith("punchweight_client")]:
        del sys.modules[name]


@pytest.fixture
def token(transactional_db):
    return make_token(UserFactory(is_staff=True), "test", "admin")[1]


@pytest.fixture
def client_of_site(live_server, token):
    from punchweight_client import Client

    return Client(live_server.url, token)
