"""Every page offers the other language, also those of errors and of shared links, which hold no address of theirs."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from annotations.people.links import invitation_path
from evalsite.web.views import bad_request, fault
from leaderboards.sharing.links import revoke_link
from tests.factories import UserFactory
from tests.leaderboards.shared import link_to, make_shown_study
from tests.people import annotator, researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SWITCH = f'action="{reverse("set-language")}"'


def offers_without_its_address(html, address):
    form = html.split(SWITCH)[1].split("</form>")[0]
    return "中文" in form and "English" in form and address not in form


def test_a_page_that_is_not_there(client):
    answer = client.get("/no/such-page/")
    assert answer.status_code == 404
    assert offers_without_its_address(answer.content.decode(), "such-page")


def test_a_page_that_is_refused():
    answer = annotator().get("/datasets/")
    assert answer.status_code == 403
    assert offers_without_its_address(answer.content.decode(), "datasets")


def test_faults_and_requests_that_cannot_be_read():
    asked = RequestFactory().get("/somewhere/")
    for answer in (fault(asked), bad_request(asked, ValueError())):
        assert offers_without_its_address(answer.content.decode(), "somewhere")


def test_who_still_rates():
    study = make_shown_study()
    client = researcher()
    study.status = "open"
    study.quota = 99
    study.save()
    study.comparisons.update(quota=99)
    client.post(invitation_path(study))
    answer = client.get(reverse("board", args=[study.slug]))
    assert answer.status_code == 403
    assert offers_without_its_address(answer.content.decode(), study.slug)


def test_what_was_sent_cannot_be_loaded_again(client):
    assert SWITCH not in client.post("/no/such-page/").content.decode()


def test_shared_links_and_those_that_ended():
    link, token = link_to(make_shown_study())
    address = reverse("shared-report", args=[token])
    client = Client()
    shown = client.get(address)
    assert offers_without_its_address(shown.content.decode(), token)
    assert not client.cookies
    chosen = client.post(
        reverse("set-language"), {"language": "zh-hans"}, headers={"referer": f"http://testserver{address}"}
    )
    assert chosen["Location"] == f"http://testserver{address}"
    assert '<html lang="zh-hans">' in client.get(address).content.decode()
    revoke_link(link, UserFactory())
    ended = client.get(address)
    assert ended.status_code == 410
    assert offers_without_its_address(ended.content.decode(), token)


def test_another_site_is_no_place_to_return_to(client):
    chosen = client.post(
        reverse("set-language"), {"language": "zh-hans"}, headers={"referer": "http://elsewhere.example/"}
    )
    assert chosen["Location"] == "/"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 302),
        ("http://elsewhere.example", 403),
        ("null", 403),
        ("https://testserver", 403),
        ("", 403),
    ],
)
def test_without_a_token_a_page_of_ours_must_have_sent_it(origin, status):
    strict, headers = Client(enforce_csrf_checks=True), {"origin": origin} if origin else {}
    answer = strict.post(reverse("set-language"), {"language": "zh-hans"}, headers=headers)
    assert answer.status_code == status
    assert bool(strict.cookies) == (status == 302)
