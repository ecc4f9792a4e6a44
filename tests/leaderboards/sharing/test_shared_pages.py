"""Pages without an account: exactly those that were chosen, to nobody who still rates, with nobody's name."""

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Study
from annotations.people.links import invitation_path
from leaderboards.models import SharedLink
from leaderboards.models.sharing import PAGES
from leaderboards.presentation.study_verdict import study_verdict
from leaderboards.sharing.links import revoke_link
from leaderboards.sharing.public import make_public
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.helpers import system_slugs
from tests.leaderboards.shared import COMMENT, PSEUDONYM, link_to, make_shown_study
from tests.people import researcher

pytestmark = pytest.mark.django_db
ALL = (*PAGES, "report-pdf")


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_shown_study(criteria=("overall", "fluency"))


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def address(token, page="report"):
    return reverse(f"shared-{page}", args=[token])


def open_page(token, page="report", client=None, **query):
    return (client or Client()).get(address(token, page), query)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


class TestALink:
    def test_it_leads_to_its_first_page(self, study):
        _, token = link_to(study, "trust", "board")
        assert Client().get(reverse("shared", args=[token]))["Location"] == address(token, "board")

    def test_every_page_opens_and_says_what_the_study_says(self, study):
        _, token = link_to(study)
        pages = {page: open_page(token, page) for page in ALL}
        assert {answer.status_code for answer in pages.values()} == {200}
        sentence = study_verdict(study).sentence
        assert sentence in pages["report"].content.decode()
        assert sentence in pages["board"].content.decode()
        assert pages["report-pdf"].content.startswith(b"%PDF-")
        assert "Krippendorff" in text_of(pages["trust"])
        assert system_slugs(study)[0] in text_of(pages["wins"])

    def test_the_question_is_in_the_address_and_filters_are_not(self, study):
        _, token = link_to(study)
        other = study.criteria.get(key="fluency").question
        assert other in text_of(open_page(token, "board", criterion="fluency"))
        assert "45" in text_of(open_page(token, "board", judges="llm", raters="unflagged"))
        assert open_page(token, "board", criterion="unheard-of").status_code == 404

    @pytest.mark.parametrize("page", PAGES)
    def test_it_shows_its_pages_alone_and_leads_to_no_other(self, study, page):
        _, token = link_to(study, page)
        found = {other: open_page(token, other).status_code for other in PAGES}
        assert found == {other: 200 if other == page else 404 for other in PAGES}
        html = open_page(token, page, client=researcher()).content.decode()
        links = {link.split("?")[0] for link in re.findall(r'(?:href|action|src|hx-get)="([^"#]*)', html)}
        language = reverse("set-language")
        own = {"", language, address(token, page), *([address(token, "report-pdf")] if page == "report" else [])}
        # The docs are everybody's, and say nothing of a study.
        assert {link for link in links if not link.startswith(("/static/", "/docs/"))} <= own
        assert re.findall(r"<form[^>]*", html) == re.findall(rf'<form[^>]*action="{language}"[^>]*', html)

    @pytest.mark.parametrize("page", ALL)
    def test_every_answer_is_kept_from_indexes_caches_and_other_sites(self, study, page):
        link, token = link_to(study)
        good = open_page(token, page)
        revoke_link(link, UserFactory())
        for answer in (good, open_page(token, page), open_page("share_0123456789ab_" + "a" * 43, page)):
            assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
            assert answer["Referrer-Policy"] == "same-origin"
            assert "no-store" in answer["Cache-Control"]

    def test_it_names_no_annotator_and_shows_no_text_unless_chosen(self, study):
        _, token = link_to(study)
        summaries = list(study.comparisons.values_list("summary_a__text", flat=True))
        for page in PAGES:
            said = open_page(token, page).content.decode()
            assert PSEUDONYM not in said
            assert COMMENT not in said
            assert not [text for text in summaries if text in said]
        _, more = link_to(study, "report", texts=True, comments=True)
        said = text_of(open_page(more))
        assert COMMENT in said
        assert [text for text in summaries if text in said]
        assert PSEUDONYM not in said

    def test_nobody_but_reading_is_served(self, study):
        _, token = link_to(study)
        assert Client().post(address(token)).status_code == 405

    def test_a_simulated_study_says_so_on_every_page(self):
        study = make_study(systems=2, documents=1, status="closed", simulated=True)
        _, token = link_to(study)
        for page in PAGES:
            answer = open_page(token, page, client=researcher())
            assert "Simulated votes." in text_of(answer)
            assert reverse("remove-example") not in answer.content.decode()


class TestItsEnd:
    def test_a_revoked_link_is_gone_with_a_clear_word(self, study):
        link, token = link_to(study)
        revoke_link(link, UserFactory())
        answer = open_page(token)
        assert answer.status_code == 410
        assert "This link was revoked. Ask whoever gave it to you for a new one." in text_of(answer)
        assert study.title not in text_of(answer)
        assert Client().get(reverse("shared", args=[token])).status_code == 410

    def test_an_expired_link_is_gone(self, study, monkeypatch):
        link, token = link_to(study, days=1)
        later = link.expires_at + timedelta(seconds=1)
        monkeypatch.setattr("leaderboards.web.sharing.gate.timezone.now", lambda: later)
        answer = open_page(token)
        assert (answer.status_code, "This link has expired." in text_of(answer)) == (410, True)

    @pytest.mark.parametrize("token", ["x", "share_", "share_0123456789ab_" + "a" * 43, "a" * 3000])
    def test_any_other_text_is_not_found(self, study, token):
        link_to(study)
        assert open_page(token).status_code == 404

    def test_too_many_pages_in_a_minute_are_refused(self, study, settings, monkeypatch):
        now = timezone.now().replace(second=20)
        monkeypatch.setattr("leaderboards.web.sharing.gate.timezone.now", lambda: now)
        settings.SHARED_REQUESTS_PER_MINUTE = 2
        _, token = link_to(study)
        answers = [open_page(token, "board") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1]["Retry-After"] == "40"

    def test_the_address_is_in_no_log(self, study, caplog):
        link, token = link_to(study)
        Study.objects.filter(pk=study.pk).update(status="open")
        with caplog.at_level(logging.DEBUG):
            assert open_page(token).status_code == 403
            revoke_link(link, UserFactory())
            assert open_page(token).status_code == 410
        assert token not in caplog.text


class TestWhileRatingGoesOn:
    @pytest.mark.parametrize("status", ["open", "paused", "draft"])
    def test_a_link_that_was_made_after_rating_rests(self, study, status):
        _, token = link_to(study)
        Study.objects.filter(pk=study.pk).update(status=status)
        answer = open_page(token)
        assert answer.status_code == 403
        assert "Rating goes on again in this study." in text_of(answer)
        Study.objects.filter(pk=study.pk).update(status="closed")
        assert open_page(token).status_code == 200

    def test_who_insisted_is_quoted_on_every_page(self, study):
        Study.objects.filter(pk=study.pk).update(status="open")
        _, token = link_to(study, insist=True, reason="The board meets today.")
        for page in PAGES:
            said = text_of(open_page(token, page))
            assert "The study's owner said why: The board meets today." in said.replace("&#x27;", "'")
        assert "Rating is not over: the verdict may still change." in text_of(open_page(token))

    @pytest.mark.parametrize("account", [False, True])
    def test_a_rater_of_the_study_is_refused_until_nothing_is_left(self, study, account):
        Study.objects.filter(pk=study.pk).update(status="open")
        _, token = link_to(study, insist=True, reason="So.")
        browser = joined(study, account=account)
        for page in ALL:
            answer = open_page(token, page, client=browser)
            said = answer.content.decode()
            assert answer.status_code == 403
            assert "You still have comparisons to rate on these documents" in said
            assert not [word for word in (study.slug, study.title, *system_slugs(study)) if word in said]
            assert answer["X-Robots-Tag"]
            assert open_page(token, page).status_code == 200
        study.comparisons.update(taken=4)
        assert open_page(token, client=browser).status_code == 200

    def test_a_rater_of_another_study_on_the_same_meetings_is_refused(self, study):
        other = make_study(systems=2, documents=2, dataset=study.dataset)
        _, token = link_to(study)
        assert open_page(token, client=joined(other)).status_code == 403
        assert open_page(token, client=joined(make_study(systems=2))).status_code == 200

    def test_a_rater_reads_why_in_their_language(self, study):
        Study.objects.filter(pk=study.pk).update(status="open")
        _, token = link_to(study, insist=True, reason="So.")
        browser = joined(study)
        said = browser.get(address(token), headers={"accept-language": "zh-hans"}).content.decode()
        assert "You still have comparisons" not in said
        assert "继续" in said

    def test_somebody_logged_out_is_no_annotator_without_an_account(self, study):
        other = make_study(systems=2, documents=2, dataset=study.dataset)
        AnnotatorFactory(study=other)
        _, token = link_to(study)
        assert open_page(token).status_code == 200


def joined(study, *, account=False):
    """A browser that has joined the study, and has pairs left."""
    browser = Client()
    if account:
        browser.force_login(UserFactory())
    browser.post(invitation_path(study))
    if account:
        # Another browser of the same person: the account alone says who it is.
        again = Client()
        again.force_login(study.annotators.latest("pk").user)
        return again
    return browser


class TestPublic:
    @pytest.fixture(autouse=True)
    def _here(self, settings):
        settings.PUBLIC_BOARDS = True

    def public(self, study, *pages, **options):
        return make_public(study, UserFactory(), pages or ["report", "board"], **options)

    def test_the_list_says_verdicts_and_leads_to_the_pages(self, study):
        self.public(study)
        verdict = study_verdict(study)
        html = Client().get("/public/").content.decode()
        assert verdict.sentence in html
        for page in ("report", "board"):
            assert f'href="/public/meetings/{page}/"' in html
            answer = Client().get(f"/public/meetings/{page}/")
            assert verdict.sentence in answer.content.decode()
            assert "X-Robots-Tag" not in answer
            assert answer["Referrer-Policy"] == "same-origin"
        assert Client().get("/public/meetings/report.pdf").content.startswith(b"%PDF-")

    def test_pages_that_were_not_chosen_and_other_studies_are_not_there(self, study):
        self.public(study, "board")
        for place in ("meetings/report/", "meetings/trust/", "meetings/wins/", "meetings/report.pdf", "other/board/"):
            assert Client().get(f"/public/{place}").status_code == 404

    def test_without_the_setting_nothing_is_public(self, study, settings):
        self.public(study)
        settings.PUBLIC_BOARDS = False
        assert {Client().get(f"/public/{place}").status_code for place in ("", "meetings/board/")} == {404}

    def test_a_study_that_is_rated_again_hides_unless_somebody_insisted(self, study):
        self.public(study)
        Study.objects.filter(pk=study.pk).update(status="open")
        assert "meetings" not in text_of(Client().get("/public/"))
        assert Client().get("/public/meetings/board/").status_code == 404
        self.public(study, insist=True, reason="We always show it.")
        assert "We always show it." in text_of(Client().get("/public/"))
        assert "We always show it." in text_of(Client().get("/public/meetings/board/"))

    def test_who_rates_the_meetings_finds_neither_list_nor_page(self, study):
        self.public(study)
        browser = joined(make_study(systems=2, documents=2, dataset=study.dataset))
        study_verdict(study)
        assert not [s for s in [study.title, *system_slugs(study)] if s in text_of(browser.get("/public/"))]
        assert browser.get("/public/meetings/board/").status_code == 403

    def test_the_first_page_leads_there_where_there_is_one(self, study, settings):
        assert 'href="/public/"' in Client().get("/").content.decode()
        settings.PUBLIC_BOARDS = False
        assert 'href="/public/"' not in Client().get("/").content.decode()

    def test_simulated_studies_are_marked(self):
        study = make_study(slug="drawn", systems=2, documents=1, status="closed", simulated=True)
        self.public(study)
        assert "simulated votes" in text_of(Client().get("/public/"))


class TestTheOwnersPage:
    PAGE = "/boards/meetings/sharing/"

    def made_link(self, study, **values):
        client = researcher()
        answer = client.post(self.PAGE, {"pages": ["report"], "days": 30} | values)
        found = re.search(r'id="address" readonly value="http://testserver([^"]*)"', answer.content.decode())
        return client, answer, found and found[1]

    def test_a_link_is_shown_once_and_opens_without_an_account(self, study):
        client, answer, link = self.made_link(study, label="The board")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert Client().get(link, follow=True).status_code == 200
        page = client.get(self.PAGE).content.decode()
        assert "The board" in page
        assert link not in page
        client.post(reverse("revoke-shared-link", args=[study.slug, SharedLink.objects.get().pk]))
        assert Client().get(link, follow=True).status_code == 410
        assert "revoked" in text_of(client.get(self.PAGE))

    def test_while_rating_goes_on_the_form_asks_for_a_reason(self, study):
        assert 'name="insist"' not in researcher().get(self.PAGE).content.decode()
        Study.objects.filter(pk=study.pk).update(status="open")
        assert 'name="insist"' in researcher().get(self.PAGE).content.decode()
        _, answer, link = self.made_link(study)
        assert (answer.status_code, link) == (400, None)
        assert "Rating is not over in this study" in text_of(answer)
        _, answer, link = self.made_link(study, insist="on", reason="The board meets today.")
        assert answer.status_code == 200
        assert "The board meets today." in text_of(researcher().get("/studies/meetings/history/"))

    def test_wrong_input_makes_no_link(self, study):
        for values in ({"pages": []}, {"pages": ["settings"]}, {"days": 9999}, {"label": "x" * 201}):
            assert self.made_link(study, **values)[1].status_code == 400
        assert not SharedLink.objects.exists()

    def test_public_is_offered_where_the_installation_has_it(self, study, settings):
        change = reverse("change-public", args=[study.slug])
        assert "Show to everybody" not in text_of(researcher().get(self.PAGE))
        assert researcher().post(change, {"public-pages": ["board"]}).status_code == 400
        settings.PUBLIC_BOARDS = True
        client = researcher()
        assert client.post(change, {"public-pages": ["board"]}).status_code == 302
        assert Client().get("/public/meetings/board/").status_code == 200
        client.post(change, {"change": "down"})
        assert Client().get("/public/meetings/board/").status_code == 404

    def test_another_studys_link_is_not_revoked(self, study):
        link, _ = link_to(make_study(slug="other", status="closed"))
        answer = researcher().post(reverse("revoke-shared-link", args=[study.slug, link.pk]))
        assert answer.status_code == 404
        link.refresh_from_db()
        assert link.revoked_at is None
