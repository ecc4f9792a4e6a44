"""The page about one annotator, and the file of what everybody did."""

import csv
import io
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, Membership, Study
from annotations.people.joining import join
from annotations.quality.exclusion import exclude
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.remarks import NewRemark, record_remark
from annotations.review.work_done import COLUMNS, activity_of
from annotations.web.views import annotators
from tests.annotations.helpers import answer, make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(module_rows):
    """Annotator 1 said a of everything, gold that expects b and training that expects a included, and skipped a pair.

    3 seconds are measured on every pair. Annotator 2 has done nothing.
    """
    with module_rows():
        study = make_study(systems=3, documents=3, quota=5, criteria=("overall", "fluency"), slug="s", gold_every=2)
        pairs = list(study.comparisons.order_by("pk"))
        make_gold(pairs[0], outcomes=("b",))
        make_gold(pairs[1], purpose="training")
        study.refresh_from_db()
        first, _ = (AnnotatorFactory(study=study, number=n) for n in (1, 2))
        for comparison in pairs[:-1]:
            answer(take_comparison(first, comparison.pk, timezone.now()), "a")
        skipped = take_comparison(first, pairs[-1].pk, timezone.now())
        record_remark(first, NewRemark(skipped.token, "skip", "broken", "The <text> ends.", uuid.uuid4()))
        return study


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def ask(number=1, **query):
    return researcher().get(reverse("annotator", args=["s", number]), query)


def test_every_pair_with_what_was_answered_and_said(study):
    page = ask()
    assert len(page.context["pairs"]) == 9
    html = page.content.decode()
    assert html.count("overall: <strong>A</strong>") == 8
    assert "Skipped: A text is broken or missing." in html
    assert "The &lt;text&gt; ends." in html
    assert html.count("not as expected") == 1
    assert html.count('<span class="muted small">as expected</span>') == 1


def test_the_side_is_where_the_chosen_text_stood(study):
    pairs = ask().context["pairs"]
    for pair in pairs:
        for given in pair.given:
            assert given.side == ("left" if pair.assignment.shown_left == "a" else "right")
    assert {given.side for pair in pairs for given in pair.given} == {"left", "right"}


@pytest.mark.usefixtures("other_address")
def test_how_much_better_is_told():
    study = make_study(systems=2, documents=1, slug="s", strength="optional")
    vote_on(next_assignment(AnnotatorFactory(study=study, number=1)), "left", strength=2)
    assert ", much</strong>" in ask().content.decode()


@pytest.mark.parametrize(("show", "pairs"), [("", 9), ("known", 2), ("skipped", 1), ("said", 1)])
def test_pairs_of_one_kind(study, show, pairs):
    page = ask(show=show)
    assert page.context["page"].paginator.count == len(page.context["pairs"]) == pairs


def test_a_pair_with_several_remarks_is_shown_once(study):
    first = study.annotators.get(number=1)
    rated = first.assignments.filter(state="done").first()
    for text in ("One.", "Two."):
        record_remark(first, NewRemark(rated.token, "problem", "other", text, uuid.uuid4()))
    page = ask(show="said")
    assert page.context["page"].paginator.count == len(page.context["pairs"]) == 2
    assert "One." in page.content.decode()
    assert "Two." in page.content.decode()


def test_pages_keep_the_kind(study, monkeypatch):
    monkeypatch.setattr(annotators, "PAIRS_A_PAGE", 1)
    assert "?show=known&amp;page=2#pairs" in ask(show="known").content.decode()


def test_who_has_done_nothing_has_dashes(study):
    html = ask(2).content.decode()
    assert "<dt>Minutes of work</dt><dd>—<small>no time was measured</small></dd>" in html
    assert "<dt>Gold</dt><dd>—<small>no gold items answered yet</small></dd>" in html


@pytest.mark.parametrize("number", [3, 10**12])
def test_who_is_not_there_is_not_found(study, number):
    assert ask(number).status_code == 404


def test_it_is_left_out_and_counted_again_from_here(study):
    url, page = reverse("exclusion", args=["s", 1]), reverse("annotator", args=["s", 1])
    assert '<input type="hidden" name="at" value="annotator">' in ask().content.decode()
    answer = researcher().post(url, {"change": "exclude", "reason": "Reads nothing.", "at": "annotator"})
    assert answer.url == page
    assert "No: Reads nothing." in ask().content.decode()
    assert study.annotators.get(number=1).excluded_at is not None


def test_other_pages_lead_to_it(study):
    url = reverse("annotator", args=["s", 1])
    for name in ("study", "study-quality", "study-people", "study-remarks"):
        assert f'href="{url}"' in researcher().get(reverse(name, args=["s"])).content.decode()
    answer(
        take_comparison(study.annotators.get(number=2), study.comparisons.for_rating().first().pk, timezone.now()), "b"
    )
    assert f'href="{url}"' in researcher().get(reverse("disagreements", args=["s"])).content.decode()


def test_who_still_rates_sees_neither_page_nor_file(study):
    user, client = UserFactory(), Client()
    Membership.objects.create(study=study, user=user, role="owner")
    annotator = join(study, user=user)
    client.force_login(user)
    urls = [reverse("annotator", args=["s", 1]), reverse("study-remarks", args=["s"]), reverse("work-csv", args=["s"])]
    assert [client.get(url).status_code for url in urls] == [403, 403, 403]
    rate_everything(annotator)
    assert [client.get(url).status_code for url in urls] == [200, 200, 200]


def test_the_page_takes_the_same_queries_however_many_pairs_it_shows(study, monkeypatch):
    client = researcher()

    def queries(pairs):
        monkeypatch.setattr(annotators, "PAIRS_A_PAGE", pairs)
        with CaptureQueriesContext(connection) as found:
            page = client.get(reverse("annotator", args=["s", 1]))
        assert len(page.context["pairs"]) == pairs
        return len(found)

    assert queries(9) == queries(1)


def test_work_is_counted_apart_and_minutes_are_of_all_of_it(study):
    first, second = study.annotators.order_by("pk")
    work = activity_of([first, second])
    done = work[first.pk]
    assert (done.rated, done.known, done.skipped) == (6, 2, 1)
    assert done.minutes == pytest.approx(8 * 3 / 60)  # 3 seconds on each of two questions: not added up
    assert done.last_rated_at == max(
        Assignment.objects.exclude(completed_at=None).values_list("completed_at", flat=True)
    )
    assert (work[second.pk].rated, work[second.pk].minutes, work[second.pk].last_rated_at) == (0, None, None)


def test_minutes_leave_out_pairs_that_nobody_measured(study):
    first = study.annotators.get(number=1)
    rated = first.assignments.filter(state="done").first()
    rated.judgements.update(active_ms=None)
    assert activity_of([first])[first.pk].minutes == pytest.approx(7 * 3 / 60)


def rows_of(client=None):
    answer = (client or researcher()).get(reverse("work-csv", args=["s"]))
    assert answer["Content-Disposition"] == 'attachment; filename="s-work.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_file_says_who_did_what(study):
    first = study.annotators.get(number=1)
    first.external_id = "5f3a"
    first.user = UserFactory(username="maya")
    first.save()
    exclude(first, "Reads nothing.", None)
    row, other = rows_of()
    assert tuple(row) == COLUMNS
    assert (row["annotator"], row["account"], row["platform_id"], row["invitation"]) == (
        *(first.pseudonym, "maya", "5f3a", "open link"),
    )
    assert (row["pairs_rated"], row["known_pairs_answered"], row["pairs_skipped"], row["minutes"]) == (
        *("6", "2", "1", "0.4"),
    )
    assert (row["gold_answered"], row["gold_as_expected"]) == ("1", "0")
    assert (row["votes_count"], row["reason_left_out"]) == ("no", "Reads nothing.")
    assert (other["minutes"], other["last_rated_at"], other["votes_count"]) == ("", "", "yes")


def test_no_cell_of_the_file_is_a_formula(study):
    study.annotators.filter(number=1).update(external_id="=HYPERLINK(1)")
    assert rows_of()[0]["platform_id"] == "'=HYPERLINK(1)"


def test_the_file_takes_the_same_queries_for_any_number_of_annotators(study):
    client = researcher()

    def queries():
        with CaptureQueriesContext(connection) as found:
            rows_of(client)
        return len(found)

    few = queries()
    AnnotatorFactory.create_batch(5, study=study)
    assert queries() == few
