"""The docs at /docs/: built files under the site's own policy, for everybody; and what is said while they are not built."""

import gzip
import os

import pytest

from annotations.people.links import invitation_path
from evalsite.web import handbook
from tests import people
from tests.factories import make_study


@pytest.fixture
def built(settings, tmp_path):
    settings.DOCS_DIR = tmp_path / "docs"
    (settings.DOCS_DIR / "boards").mkdir(parents=True)
    (settings.DOCS_DIR / "index.html").write_text("<h1>Home</h1>")
    (settings.DOCS_DIR / "boards" / "index.html").write_text("<h1>Boards</h1>")
    (settings.DOCS_DIR / "search.json").write_text("{}")
    (settings.DOCS_DIR / "policy.json").write_text('{"style-src": ["\'sha256-abc\'"]}')
    (settings.DOCS_DIR / "built.txt").write_text("now")
    handbook._built.cache_clear()
    yield settings.DOCS_DIR
    handbook._built.cache_clear()


def body(response):
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


@pytest.mark.parametrize(
    ("address", "text", "kind"),
    [("/docs/", "<h1>Home</h1>", "text/html"), ("/docs/boards/", "<h1>Boards</h1>", "text/html"), ("/docs/search.json", "{}", "application/json")],
)  # fmt: skip
def test_a_built_file_is_answered(built, address, text, kind):
    response = people.stranger().get(address)
    assert (response.status_code, body(response)) == (200, text)
    assert response.headers["Content-Type"].startswith(kind)


def test_a_compressed_file_is_a_page_still(built):
    page = b"<h1>Home</h1>" * 20
    (built / "index.html").write_bytes(page)
    (built / "index.html.gz").write_bytes(gzip.compress(page))
    (built / "built.txt").write_text("compressed")
    os.utime(built / "built.txt", ns=(2, 2))
    response = people.stranger().get("/docs/", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"].startswith("text/html")
    assert gzip.decompress(b"".join(response.streaming_content)) == page


def test_the_policy_is_that_of_every_page_with_one_style(built):
    client = people.stranger()
    policy = client.get("/docs/").headers["Content-Security-Policy"]
    assert (
        policy.replace("style-src 'self' 'sha256-abc'", "style-src 'self'")
        == client.get("/login/").headers["Content-Security-Policy"]
    )


def test_an_address_without_its_slash_leads_on(built):
    response = people.stranger().get("/docs/boards")
    assert (response.status_code, response.headers["Location"]) == (302, "boards/")


def test_an_unchanged_page_is_not_sent_again(built):
    client = people.stranger()
    first = client.get("/docs/")
    again = client.get("/docs/", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, body(again)) == (304, "")


@pytest.mark.parametrize(
    "address", ["/docs/gone/", "/docs/../settings.py", "/docs/%2e%2e/manage.py", "/docs//etc/passwd"]
)
def test_nothing_else_is_answered(built, address):
    assert people.stranger().get(address).status_code == 404


def test_docs_that_are_built_anew_are_found(built):
    people.stranger().get("/docs/")
    (built / "new.txt").write_text("new")
    (built / "built.txt").write_text("later")
    os.utime(built / "built.txt", ns=(1, 1))
    assert body(people.stranger().get("/docs/new.txt")) == "new"


@pytest.mark.django_db
def test_what_is_not_built_says_how(settings, tmp_path):
    settings.DOCS_DIR = tmp_path / "nowhere"
    response = people.stranger().get("/docs/boards/")
    assert response.status_code == 404
    assert "make docs" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "place"),
    [("/studies/", "/docs/studies/"), ("/systems/", "/docs/adapters/"), ("/", "/docs/guides/researcher/")],
)
def test_help_leads_to_what_explains_the_page(address, place):
    assert f'href="{place}"' in people.researcher().get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "place"), [("en", "/docs/guides/annotator/"), ("zh-hans", "/docs/guides/annotator.zh/")]
)
def test_annotators_are_led_to_their_guide_in_their_language(language, place):
    response = people.stranger().get(invitation_path(make_study()), headers={"accept-language": language})
    assert f'href="{place}"' in response.content.decode()
    assert "/docs/boards" not in response.content.decode()
