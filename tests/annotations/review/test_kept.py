"""What pages say of a large study: computed by a worker as a small one's page computes it, and told by its age."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.evidence.work import work_on_next_document
from annotations.models import StudyReport, SummaryEvidence
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.remarks import NewRemark, record_remark
from annotations.review import kept
from annotations.review.disagreements import disagreements
from annotations.review.work_done import activity_lines
from annotations.studies.pair_generation import build_comparisons
from annotations.studies.progress import counted_votes
from tests.annotations.helpers import answer
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db
MADE = "The figures are being computed for the first time."
STALE = "Votes or exclusions have changed since"
COUNTS = "A worker counts the work done. Download the file in a minute."


@pytest.fixture
def study():
    """Two annotators choose opposite sides of all three pairs, a third one has rated nothing."""
    study = make_study(systems=2, documents=3, quota=3, slug="s")
    pairs = list(study.comparisons.order_by("pk").values_list("pk", flat=True))
    for outcome in "ab":
        annotator = AnnotatorFactory(study=study)
        for pair in pairs:
            answer(take_comparison(annotator, pair, timezone.now()), outcome)
    AnnotatorFactory(study=study)
    return study


@pytest.fixture
def large(settings):
    """Every study has too many votes for a request."""
    settings.BOARD_IN_REQUEST_VOTES = -1
    settings.BOARD_DEBOUNCE_SECONDS = 0


@pytest.fixture
def ask():
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    def page(name, **query):
        answer = client.get(reverse(name, args=["s"]), query, follow=True)
        return SimpleNamespace(context=answer.context, html=answer.content.decode(), path=answer.request["PATH_INFO"])

    return page


def work():
    return [kept.work_on_report(pk, owner="w") for pk in StudyReport.objects.values_list("pk", flat=True)]


def people(page):
    return [(annotator.pk, activity, left) for annotator, activity, left in page.context["annotator_rows"]]


def test_a_worker_finds_what_a_small_studys_pages_show(study, ask, settings):
    small = [people(ask("study-people")), ask("study").context["votes"], ask("study").context["evidence"]]
    none_left, file = people(ask("study-people", show="finished")), "".join(activity_lines(study))
    assert (len(none_left), StudyReport.objects.count()) == (2, 0)
    settings.BOARD_IN_REQUEST_VOTES = -1
    assert {(work, left) for _, work, left in people(ask("study-people"))} == {(None, None)}
    assert MADE in ask("study").html
    assert ask("study").context["votes"] == [(study.criteria.get(), None)]
    assert "overall</a> — (not counted yet)" in ask("study").html
    work()
    assert [people(ask("study-people")), ask("study").context["votes"], ask("study").context["evidence"]] == small
    assert people(ask("study-people", show="finished")) == none_left
    assert ask("work-csv").html == file
    assert MADE not in ask("study").html


def test_a_study_of_very_many_pairs_is_large_without_votes(study, monkeypatch):
    assert not kept.is_large(study)
    monkeypatch.setattr(kept, "MOST_PAIRS", 2)
    assert kept.is_large(study)


@pytest.mark.usefixtures("large")
def test_a_new_vote_makes_the_figures_stale_and_the_page_says_so(study, ask):
    ask("study-people")
    work()
    assert STALE not in ask("study-people").html
    answer(next_assignment(study.annotators.last()), "a")
    assert STALE in ask("study").html
    work()
    assert ask("study").context["votes"] == [(study.criteria.get(), 7)]
    assert counted_votes([study]) == {study.criteria.get().pk: 7}


@pytest.mark.usefixtures("large")
def test_the_file_for_paying_people_is_never_old(study, ask):
    page = ask("work-csv")
    assert (page.path, COUNTS in page.html) == ("/studies/s/people/", True)
    work()
    StudyReport.objects.update(computed_at=timezone.now() - 2 * kept.FRESH, state="of earlier votes")
    assert COUNTS in ask("work-csv").html
    work()
    StudyReport.objects.update(state="of votes a moment ago")
    assert ask("work-csv").html == "".join(activity_lines(study))


@pytest.mark.usefixtures("large")
def test_the_most_even_disagreements_are_kept_and_the_page_says_how_many_there_are(study, ask, monkeypatch):
    monkeypatch.setattr(kept, "MOST_SPLITS", 2)
    assert MADE in ask("disagreements").html
    work()
    page = ask("disagreements")
    first = [(split.comparison, split.for_a, split.for_b) for split in disagreements(study.criteria.get())[:2]]
    assert [(row.comparison.pk, row.for_a, row.for_b) for row in page.context["rows"]] == first
    assert "There are 3 such pairs; the 2 most even ones are listed." in page.html
    assert len(ask("disagreements", annotator=study.annotators.first().number).context["rows"]) == 3


def test_a_report_is_there_once_and_says_of_what_it_is(study):
    question = study.criteria.get()
    for values in ({}, {"criterion": question}):
        StudyReport.objects.create(study=study, **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            StudyReport.objects.create(study=study, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        StudyReport.objects.update(report={})


def find_evidence():
    while "no document waits" not in work_on_next_document(owner="w"):
        pass


def skip(annotator):
    pair = next_assignment(annotator)
    record_remark(annotator, NewRemark(pair.token, "skip", "other", "", uuid.uuid4()))


def state_of(study):
    return kept._state(StudyReport.objects.get(study=study, criterion=None), timezone.now() + timedelta(minutes=1))


@pytest.mark.usefixtures("large")
def test_what_happens_in_other_studies_leaves_the_figures_as_they_are(study, ask):
    ask("study-people")
    before = state_of(study)
    other = make_study(systems=2, documents=2, slug="other")
    annotator = AnnotatorFactory(study=other)
    answer(next_assignment(annotator), "a")
    skip(annotator)
    find_evidence()
    assert SummaryEvidence.objects.filter(summary__run__dataset=other.dataset).exists()
    assert state_of(study) != before  # it was found for this one, too
    before = state_of(study)
    SummaryEvidence.objects.filter(summary__run__dataset=other.dataset).delete()
    find_evidence()
    build_comparisons(make_study(systems=3, documents=1, slug="third"))
    assert state_of(study) == before


@pytest.mark.usefixtures("large")
def test_pairs_that_are_added_and_skipped_make_the_figures_stale(study, ask):
    ask("study-people")
    states = [state_of(study)]
    skip(study.annotators.last())
    states.append(state_of(study))
    SummaryFactory(run=study.comparisons.first().summary_a.run, document=DocumentFactory(dataset=study.dataset))
    SummaryFactory(run=study.comparisons.first().summary_b.run, document=study.dataset.documents.last())
    assert build_comparisons(study) == 1
    states.append(state_of(study))
    assert build_comparisons(study) == 0
    assert state_of(study) == states[-1]
    assert len(set(states)) == 3


@pytest.mark.usefixtures("large")
def test_looking_whether_figures_are_of_now_takes_a_statement_for_each_history(study, ask, django_assert_num_queries):
    ask("study-people")
    job = StudyReport.objects.select_related("study").get(criterion=None)
    with django_assert_num_queries(5):
        kept._state(job, timezone.now())


@pytest.mark.parametrize("votes", [10**6, -1], ids=["small", "large"])
def test_a_question_without_votes_has_none_of_them(ask, settings, votes):
    study = make_study(systems=2, documents=1, slug="s")
    settings.BOARD_IN_REQUEST_VOTES, settings.BOARD_DEBOUNCE_SECONDS = votes, 0
    ask("study")
    work()
    assert ask("study").context["votes"] == [(study.criteria.get(), 0)]
