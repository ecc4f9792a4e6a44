import csv
import json
import re

import pytest
from django.test import Client

from annotations.models import Annotator, Membership, Study
from leaderboards.models import BoardSnapshot
from models_runner.models import Regime
from stats.ratings.estimates import NO_LIMIT
from tests.factories import AnnotatorFactory, SystemFactory, UserFactory, make_study
from tests.leaderboards.helpers import make_rated_study, system_slugs
from tests.people import annotator as somebody
from tests.people import researcher, stranger

pytestmark = pytest.mark.django_db

PAGES = [
    "/boards/meetings/",
    "/boards/meetings/board.json",
    "/boards/meetings/board.csv",
    "/boards/meetings/ratings.csv",
]


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_rated_study(
            slug="meetings", systems=3, documents=4, annotators=3, quota=3, criteria=("overall", "fluency")
        )


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_staff_and_the_owner_may_see_it_others_not(study, page):
    owner = UserFactory()
    Membership.objects.create(study=study, user=owner, role="owner")
    assert researcher().get(page).status_code == 200
    assert logged_in(owner).get(page).status_code == 200
    assert somebody().get(page).status_code == 404
    assert stranger().get(page)["Location"].startswith("/login/?next=")
    assert not BoardSnapshot.objects.filter(study__slug="other").exists()


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_study_is_404_like_a_forbidden_one(study, page):
    assert researcher().get(page.replace("meetings", "nothing")).status_code == 404


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("other_address")
def test_who_still_has_rating_to_do_sees_no_result(page):
    study = make_rated_study(slug="meetings", systems=2, documents=2, annotators=1)
    user = UserFactory(is_staff=True)
    rater = AnnotatorFactory(study=study, user=user)
    response = logged_in(user).get(page)
    assert response.status_code == 403
    assert "You still have comparisons to rate on these documents" in response.content.decode()
    assert "no-store" in response["Cache-Control"]  # the same address shows the results once they have rated
    assert not any(slug in response.content.decode() for slug in system_slugs(study))
    Annotator.objects.filter(pk=rater.pk).update(left_at="2026-01-01T00:00Z")
    assert logged_in(user).get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("other_address")
def test_a_browser_that_joined_as_an_annotator_sees_no_result(page):
    study = make_rated_study(slug="meetings", systems=2, documents=2, annotators=1)
    client = researcher()
    session = client.session
    session["annotators"] = {str(study.public_id): AnnotatorFactory(study=study).pk}
    session.save()
    assert client.get(page).status_code == 403
    study.comparisons.update(taken=3)  # every place is rated by others: no work left
    assert client.get(page).status_code == 200


def test_an_annotator_who_is_no_researcher_gets_404(study):
    user = UserFactory()
    AnnotatorFactory(study=study, user=user)
    assert logged_in(user).get(PAGES[0]).status_code == 404


def test_the_page_shows_every_system_its_numbers_and_the_plot(study):
    html = researcher().get(PAGES[0]).content.decode()
    board = researcher_json(study)
    winner, *others = board["systems"]
    assert f"{winner['rating']:.0f} (no interval)" in html
    assert re.search(rf'<li id="note-\d+">.*{NO_LIMIT}', html)
    assert html.count('class="forest-interval"') == 2
    assert f"<title>{winner['system']}: {NO_LIMIT}</title>" in html
    for line in board["systems"]:
        assert f'data-value="{line["system"]}"' in html
        assert f'data-value="{line["rating"]!r}"' in html
    for line in others:
        assert f"{line['rating']:.0f} ({line['rating_lower']:.0f}–{line['rating_upper']:.0f})" in html
        assert f"{line['rating_lower']:.0f}–{line['rating_upper']:.0f}</td>" in re.sub(r"\s+<", "<", html)
    assert html.count('class="forest-point"') == 3
    assert board["fingerprint"] in html


def researcher_json(study, **query):
    client = logged_in(UserFactory(is_staff=True))
    return client.get(f"/boards/{study.slug}/board.json", query).json()


@pytest.mark.once
@pytest.mark.parametrize(
    ("language", "heading", "sentence"),
    [
        ("en", "What do the metrics say?", "Words that summary and reference share."),
        ("zh-CN", "这些指标说明什么？", "摘要和参考摘要共有的词。"),
    ],
)
def test_what_metrics_say_stands_at_their_heading_and_below(study, language, heading, sentence):
    page = researcher().get("/boards/meetings/", headers={"accept-language": language}).content.decode()
    assert heading in page
    assert f'title="{sentence}' in page and f"<dd>{sentence}" in page


def test_every_dash_has_a_note_that_can_be_reached(study):
    study.systems.add(SystemFactory(regime=Regime.HUMAN))
    html = researcher().get(PAGES[0]).content.decode()
    cells = re.findall(r'<td class="number" data-value="" data-label="[^"]+">(.*?)</td>', html, re.DOTALL)
    assert len(cells) > 8
    for cell in cells:
        number = re.match(r'—<sup class="note-mark"><a href="#note-(\d+)">', cell)[1]
        assert f'<li id="note-{number}">' in html


def test_sorting_works_without_a_script(study):
    client = researcher()

    def order(**query):
        html = client.get(PAGES[0], query).content.decode()
        return re.findall(r'<th scope="row" data-value="([^"]+)"', html)

    assert order(sort="system") == system_slugs(study)
    assert order(sort="-system") == system_slugs(study)[::-1]
    html = client.get(PAGES[0], {"sort": "-system", "criterion": "fluency"}).content.decode()
    assert re.search(r'data-key="system" aria-sort="descending"><a href="\?sort=system&amp;criterion=fluency"', html)


def test_criteria_are_tabs_and_the_first_is_open(study):
    client = researcher()
    assert client.get("/boards/meetings/board.json").json()["criterion"] == "overall"
    assert client.get("/boards/meetings/board.json", {"criterion": "fluency"}).json()["criterion"] == "fluency"
    assert '<a href="?criterion=overall" aria-current="page">' in client.get(PAGES[0]).content.decode()


def test_an_unknown_criterion_is_404_and_json_names_the_known_ones(study):
    assert researcher().get(PAGES[0], {"criterion": "x"}).status_code == 404
    client = logged_in(UserFactory(is_staff=True))
    response = client.get(PAGES[1], {"criterion": "x"})
    assert response.status_code == 404
    assert response.json()["error"]["field"] == "criterion"
    assert "overall, fluency" in response.json()["error"]["message"]


@pytest.mark.parametrize(("file_format", "content_type"), [("csv", "text/csv"), ("jsonl", "application/jsonl")])
def test_votes_are_streamed_as_a_file(study, file_format, content_type):
    response = researcher().get(f"/boards/meetings/ratings.{file_format}")
    assert response.streaming
    assert response["Content-Type"].startswith(content_type)
    assert response["Content-Disposition"] == f'attachment; filename="meetings-ratings.{file_format}"'
    text = b"".join(response.streaming_content).decode()
    rows = csv.DictReader(text.splitlines()) if file_format == "csv" else map(json.loads, text.splitlines())
    assert len(list(rows)) == 72  # 3 pairs, 4 documents, 3 annotators, 2 criteria


def test_votes_on_one_criterion_name_it(study):
    response = researcher().get("/boards/meetings/ratings.csv", {"criterion": "fluency"})
    assert response["Content-Disposition"] == 'attachment; filename="meetings-fluency-ratings.csv"'
    assert b"".join(response.streaming_content).count(b"\n") == 37


def test_an_unknown_format_is_404(study):
    response = researcher().get("/boards/meetings/ratings.xls")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_format")


@pytest.mark.parametrize("page", PAGES)
def test_nothing_but_reading_is_allowed(study, page):
    assert researcher().post(page).status_code == 405


@pytest.mark.usefixtures("other_address")
def test_a_study_without_votes_says_so():
    make_study(slug="meetings", systems=2, documents=1)
    html = researcher().get(PAGES[0]).content.decode()
    assert "No votes yet" in html
    assert "<svg" not in html


@pytest.mark.usefixtures("other_address")
def test_systems_that_no_vote_connects_are_named():
    study = make_rated_study(slug="meetings", systems=4, documents=7, annotators=3)
    first, second, *_ = system_slugs(study)
    for comparison in study.comparisons.select_related("summary_a__run__system", "summary_b__run__system"):
        pair = {comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug}
        if len(pair & {first, second}) == 1:
            comparison.assignments.all().delete()
    html = researcher().get(PAGES[0]).content.decode()
    assert f"the votes do not connect all systems: {{{first}, {second}}} | " in html
    assert "Part 1, on a scale of its own" in html
    assert html.count('<svg class="forest"') == 2


def test_the_page_holds_nothing_the_security_policy_forbids(study):
    response = researcher().get(PAGES[0])
    assert "style-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", response.content.decode())


def test_the_page_takes_few_queries_and_reads_no_vote(study, django_assert_num_queries):
    client = researcher()
    client.get(PAGES[0])
    # session, user, study, annotators this person is; criterion; snapshot; its state: answers, history, pairs held,
    # runs, jobs, names; criteria; filters: judges, documents thrice, annotators twice, systems
    with django_assert_num_queries(22) as captured:
        client.get(PAGES[0])
    assert [query["sql"] for query in captured if '"annotations_judgement"."outcome"' in (query["sql"] or "")] == []
