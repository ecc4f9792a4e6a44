"""The list of a study's pairs, and the page about one."""

import uuid

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment
from annotations.people.joining import join
from annotations.quality.exclusion import exclude
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.remarks import NewRemark, record_remark
from annotations.review import pair_list
from annotations.review.pair_list import VoteTally
from annotations.studies.pair_generation import build_comparisons
from annotations.web.views import pairs as pairs_views
from tests.annotations.helpers import answer, make_gold, rate_everything
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Three systems, two documents, two places a pair: six pairs, the last of which is gold.

    On the first 1 said a and 2 said b, with a comment; on the second 1 said that both are equal; the third was skipped
    by 1. Nobody was given the fourth and fifth.
    """
    study = make_study(systems=3, documents=2, quota=2, criteria=("overall", "fluency"), slug="s", gold_every=2)
    pairs = list(study.comparisons.order_by("pk"))
    make_gold(pairs[5], outcomes=("b",), explanation="B is <better>.")
    study.refresh_from_db()
    first, second = (AnnotatorFactory(study=study, number=n) for n in (1, 2))
    for annotator, pair, outcome in ((first, 0, "a"), (second, 0, "b"), (first, 1, "tie"), (first, 5, "a")):
        answer(take_comparison(annotator, pairs[pair].pk, timezone.now()), outcome)
    commented = Assignment.objects.get(annotator=second)
    record_remark(second, NewRemark(commented.token, "comment", "", "A has no <names>.", uuid.uuid4()))
    skipped = take_comparison(first, pairs[2].pk, timezone.now())
    record_remark(first, NewRemark(skipped.token, "skip", "broken", "It ends.", uuid.uuid4()))
    return study


def rating_pairs(study):
    return list(study.comparisons.for_rating().order_by("document", "pk"))


def listed(**query):
    page = researcher().get(reverse("study-pairs", args=["s"]), query)
    assert page.status_code == 200
    return page


def shown(page):
    return [row.comparison for row in page.context["rows"]]


def ask(pair):
    return researcher().get(reverse("pair", args=["s", pair.pk]))


def test_every_rating_pair_with_its_votes_on_the_first_question(study):
    pairs = rating_pairs(study)
    rows = listed().context["rows"]
    assert [row.comparison for row in rows] == pairs
    found = {row.comparison: row for row in rows}
    by_number = sorted(pairs, key=lambda pair: pair.pk)
    votes = [(found[pair].rated, found[pair].remarks, found[pair].votes) for pair in by_number]
    assert votes == [
        (2, 1, VoteTally(for_a=1, for_b=1)),
        (1, 0, VoteTally(equal=1)),
        (0, 1, VoteTally()),
        (0, 0, VoteTally()),
        (0, 0, VoteTally()),
    ]


def test_votes_that_are_left_out_do_not_show_but_the_place_is_taken(study):
    exclude(study.annotators.get(number=2), "Too fast.", None)
    row = listed().context["rows"][0]
    assert (row.rated, row.votes) == (2, VoteTally(for_a=1))


@pytest.mark.parametrize(
    ("show", "numbers"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("left", [1, 2, 3, 4]),
        ("taken", [0]),
        ("untouched", [3, 4]),
        ("skipped", [2]),
        ("said", [0, 2]),
    ],
)
def test_pairs_of_one_kind(study, show, numbers):
    pairs = sorted(rating_pairs(study), key=lambda pair: pair.pk)
    assert {pair.pk for pair in shown(listed(show=show))} == {pairs[number].pk for number in numbers}


def test_pairs_of_one_system_and_of_two(study):
    pairs = rating_pairs(study)

    def systems(pair):
        return {pair.summary_a.run.system.slug, pair.summary_b.run.system.slug}

    one, two = sorted(systems(pairs[0]))
    assert shown(listed(system=one)) == [pair for pair in pairs if one in systems(pair)]
    between = [pair for pair in pairs if systems(pair) == {one, two}]
    assert shown(listed(system=one, against=two)) == shown(listed(system=two, against=one)) == between
    assert shown(listed(system=one, against=one)) == shown(listed(system=one))


def test_a_pair_is_found_by_document_and_by_number(study):
    pairs = rating_pairs(study)
    document = pairs[-1].document
    document.external_id = "retro 50 %"
    document.save()
    assert shown(listed(find="RETRO 50 %")) == [pair for pair in pairs if pair.document == document]
    assert pairs[1] in shown(listed(find=str(pairs[1].pk)))
    assert shown(listed(find="9" * 30)) == []
    assert "No pairs match." in listed(find="nowhere").content.decode()


def test_what_cannot_be_asked_for_is_said(study):
    page = listed(system="unheard-of", show="x")
    assert len(page.context["rows"]) == 5
    assert "unheard-of is not one of the available choices" in page.content.decode()


def test_more_pairs_come_in_pages_and_take_no_more_queries(study, monkeypatch):
    def queries():
        client = researcher()
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("study-pairs", args=["s"]))
        return len(found)

    monkeypatch.setattr(pairs_views, "PAIRS_A_PAGE", 2)
    few = queries()
    assert [pair for number in (1, 2, 3) for pair in shown(listed(page=number))] == rating_pairs(study)
    monkeypatch.setattr(pairs_views, "PAIRS_A_PAGE", 50)
    assert queries() == few


def test_a_study_without_pairs_says_so():
    make_study(systems=2, documents=0, slug="s")
    assert "There is nothing to rate yet" in listed().content.decode()


def test_one_pair_with_everything_that_was_said_of_it(study):
    html = ask(rating_pairs(study)[0]).content.decode()
    assert html.count("overall: <strong>A</strong>") == html.count("overall: <strong>B</strong>") == 1
    assert "A has no &lt;names&gt;." in html
    assert "Use as gold or training" not in html
    skipped = ask(sorted(rating_pairs(study), key=lambda pair: pair.pk)[2]).content.decode()
    assert "Skipped: A text is broken or missing." in skipped


def test_whose_votes_are_left_out_shows_with_the_reason(study):
    exclude(study.annotators.get(number=2), "Too <fast>.", None)
    html = ask(rating_pairs(study)[0]).content.decode()
    assert "No: Too &lt;fast&gt;." in html


def test_a_pair_that_nobody_was_given_can_be_made_gold(study):
    pair = sorted(rating_pairs(study), key=lambda pair: pair.pk)[4]
    html = ask(pair).content.decode()
    assert "Nobody has rated or skipped this pair yet." in html
    assert reverse("make-gold", args=["s", pair.pk]) in html


def test_a_gold_pair_says_what_is_expected(study):
    pair = study.comparisons.get(purpose="gold")
    html = ask(pair).content.decode()
    assert "B is &lt;better&gt;." in html
    assert html.count("not as expected") == 1


def test_a_pair_of_another_study_is_not_there(study):
    other = make_study(systems=2, documents=1, slug="other").comparisons.get()
    assert ask(other).status_code == 404


def test_who_has_pairs_left_sees_neither(study):
    user = UserFactory(is_staff=True)
    join(study, user=user)
    client = Client()
    client.force_login(user)
    pair = rating_pairs(study)[0]
    for address in (reverse("study-pairs", args=["s"]), reverse("pair", args=["s", pair.pk])):
        assert client.get(address).status_code == 403
    rate_everything(study.annotators.get(user=user))
    assert next_assignment(study.annotators.get(user=user)) is None
    assert client.get(reverse("pair", args=["s", pair.pk])).status_code == 200


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("show", ["", "left"])
def test_pages_of_any_size_have_each_pair_once_and_in_order(study, size, show):
    add = [DocumentFactory(dataset=study.dataset, position=position) for position in (10**6 + 9, 10**6 + 7)]
    for document in add:
        for run in {pair.summary_a.run for pair in rating_pairs(study)}:
            SummaryFactory(run=run, document=document)
    build_comparisons(study)
    wanted = study.comparisons.for_rating().order_by("document__position", "pk")
    wanted = [pair.pk for pair in wanted if not show or pair.taken < pair.quota]
    pages = Paginator(pair_list.rating_pairs(study, show=show), size)
    assert [pk for page in pages for pk in page] == wanted
    assert pages.count == len(wanted) >= 6


def test_a_late_page_reads_no_pairs_of_earlier_documents(study):
    pages = Paginator(pair_list.rating_pairs(study), 3)  # as many as the first document has
    with CaptureQueriesContext(connection) as queries:
        pages.get_page(2)
    assert len(queries) == 3
    assert "OFFSET" not in queries[-1]["sql"]
