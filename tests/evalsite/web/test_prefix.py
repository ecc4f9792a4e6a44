"""A site below another one's address, behind a proxy: every address that a page names begins with the prefix."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse, set_script_prefix

from evalsite import wsgi
from evalsite.templatetags.navigation import section
from lib.serving.addresses import site_address
from lib.serving.statements import limit_statements
from tests.addresses import TABLE
from tests.api.helpers import error_of, program
from tests.test_permissions import made, world  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.once("looks at addresses in pages")]
PREFIX = "/punchweight"
# Loading the application limits the statements of its process, which here is the one of all tests.
limit_statements(0)
# Whatever looks like an address of this site, in attributes and in data for scripts.
ADDRESS = re.compile(r"""(?:"|&quot;)(/(?:[a-z][^"&<>\s]*)?)(?:"|&quot;|&amp;)""")


@pytest.fixture
def _below(settings):
    settings.SITE_URL, settings.SITE_URL_GIVEN = f"https://example.org{PREFIX}", True
    settings.URL_PREFIX = settings.FORCE_SCRIPT_NAME = PREFIX
    settings.STATIC_URL = f"{PREFIX}/static/"
    yield
    set_script_prefix("/")


def addresses_in(response):
    if response.status_code in (301, 302):
        yield response["Location"]
    kind = response.get("Content-Type", "")
    if response.streaming:
        return  # the docs, whose links are relative, and files
    if kind.startswith("text/html"):
        yield from ADDRESS.findall(response.content.decode())
    elif kind == "application/json":
        yield from (value for value in texts_in(json.loads(response.content)) if re.fullmatch(r"/[a-z]+/\S*", value))


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def test_every_page_names_addresses_below_the_prefix(world, _below):  # noqa: F811
    asked, named, wrong = 0, 0, {}
    for name, (method, _) in TABLE.items():
        if method != "GET":
            continue
        # Pages are asked for as the proxy passes them on, without the prefix.
        set_script_prefix("/")
        path = reverse(name, args=world.args[name])
        for role in ("administrator", "annotator"):
            asked += 1
            set_script_prefix(f"{PREFIX}/")
            response = world.clients[role].get(path)
            # By which name the request came here is no matter: a proxy may drop its port.
            assert response.streaming or "//testserver" not in response.content.decode(errors="replace"), name
            for address in addresses_in(response):
                named += 1
                if not address.startswith((f"{PREFIX}/", "http", "?")) and address != PREFIX:
                    wrong.setdefault(address, name)
    assert wrong == {}
    assert asked > 200
    assert named > 3_000


def test_settings_follow_from_the_sites_address():
    code = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.URL_PREFIX, s.FORCE_SCRIPT_NAME, s.SESSION_COOKIE_PATH, s.STATIC_URL); "
        "print(*s.CSRF_TRUSTED_ORIGINS, *s.ALLOWED_HOSTS)"
    )
    given = {
        "DJANGO_SETTINGS_MODULE": "evalsite.settings",
        "SITE_URL": "https://example.org:8443/a/b/",
        "ALLOWED_HOSTS": "example.com",
    }
    answer = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | given, capture_output=True, text=True, check=True
    )
    paths, origins_and_hosts = answer.stdout.splitlines()
    assert paths == "/a/b /a/b /a/b/ /a/b/static/"
    # The site's own name and this machine's need not be named again.
    assert origins_and_hosts == "https://example.org:8443 example.com example.org localhost 127.0.0.1 [::1]"


def test_links_in_mails_have_the_prefix_once(_below):
    set_script_prefix(f"{PREFIX}/")
    assert site_address(reverse("home")) == "https://example.org/punchweight/"


def test_the_entry_of_a_page_is_found_below_the_prefix(_below):
    request = RequestFactory().get("/studies/x/")
    assert request.path == f"{PREFIX}/studies/x/"
    assert section(request) == "studies"


@pytest.mark.parametrize(
    ("path", "passed_on"),
    [
        ("/studies/", "/studies/"),
        (f"{PREFIX}/studies/", "/studies/"),
        (PREFIX, "/"),
        (f"{PREFIX}/", "/"),
        (f"{PREFIX}s/x", f"{PREFIX}s/x"),
        (f"/x{PREFIX}/y", f"/x{PREFIX}/y"),
    ],
)
def test_a_proxy_may_leave_the_prefix_on(_below, monkeypatch, path, passed_on):
    paths = []
    monkeypatch.setattr(wsgi, "site", lambda environ, start_response: paths.append(environ["PATH_INFO"]))
    wsgi.application({"PATH_INFO": path}, None)
    assert paths == [passed_on]


def test_logging_in_leads_below_the_prefix(_below):
    set_script_prefix(f"{PREFIX}/")
    assert Client().get("/account/")["Location"] == f"{PREFIX}/login/?next={PREFIX}/account/"


def test_the_api_names_its_description_below_the_prefix(_below):
    set_script_prefix(f"{PREFIX}/")
    asks = program()
    refused = (
        asks.get("/nothing"),
        asks.get("/studies/nothing"),
        asks.post("/runs", {"system": "a", "dataset": "b", "nothing": 1}),
    )
    assert [answer.status_code for answer in refused] == [404, 404, 422]
    for answer in refused:
        assert f"GET {PREFIX}/api/docs lists" in error_of(answer)["message"]
