"""Summaries that name their author: found in the background, marked on votes, left out of boards on demand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.blindness import identity_leaks, leak_check
from annotations.models import GiveawayCheck
from annotations.studies import pair_generation
from jobs.sweeper import sweep
from leaderboards.data.filters import Filters
from leaderboards.exports.rows import export_rows
from leaderboards.snapshots.boards import get_board
from leaderboards.snapshots.staleness import staleness_key
from models_runner.models import Summary
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import vote_rows
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Two pairs; in one of them a summary says that ChatGPT wrote it."""
    study = make_study(systems=2, documents=2, slug="s")
    Summary.objects.filter(pk=study.comparisons.first().summary_a_id).update(text="ChatGPT: we ship on Friday.")
    rate_everything(AnnotatorFactory(study=study))
    leak_check.check_all()
    return study


def test_every_compared_summary_is_looked_through_once(study):
    assert GiveawayCheck.objects.count() == 4
    (found,) = leak_check.flagged(study)
    assert (found.summary_id, found.flags) == (
        study.comparisons.first().summary_a_id,
        [{"start": 0, "end": 7, "term": "ChatGPT"}],
    )
    assert leak_check.check_all() == "names of models: 0 summaries looked through"


def test_what_the_meeting_says_gives_nothing_away():
    study = make_study(systems=2, documents=1)
    comparison = study.comparisons.get()
    transcript = comparison.document.transcript
    transcript.turns = [{"speaker": "Maya", "content": "Shall we let ChatGPT write the minutes?"}]
    transcript.save()
    Summary.objects.update(text="They talk about ChatGPT.")
    leak_check.check_all()
    assert not leak_check.flagged(study).exists()


def test_a_studys_own_systems_are_among_the_names():
    study = make_study(systems=2, documents=1)
    system = study.comparisons.get().summary_b.run.system
    Summary.objects.filter(run__system=system).update(text=f"Written by {system.slug}.")
    leak_check.check_all()
    assert [check.summary.run.system for check in leak_check.flagged(study)] == [system]


def test_votes_stay_and_are_marked(study):
    marks = [row["void_reason"] for row in export_rows(study)]
    assert sorted(marks, key=str) == [None, "names_a_model"]
    assert len(vote_rows(study.criteria.get())) == 2


def test_a_board_leaves_them_out_on_demand(study):
    criterion = study.criteria.get()
    assert get_board(study, criterion)["votes"] == 2
    assert get_board(study, criterion, flagged=False)["votes"] == 1
    page = researcher().get(reverse("board", args=["s"]), {"flagged": "out"})
    assert "They are left out here" in page.content.decode()
    assert page.context["board"]["votes"] == 1


def test_the_quality_page_lists_them(study):
    html = researcher().get(reverse("study-quality", args=["s"])).content.decode()
    assert '<td data-label="Words that are not in the meeting">ChatGPT</td>' in html


def test_a_longer_list_of_names_is_looked_for_in_every_summary_again(study, monkeypatch):
    criterion = study.criteria.get()
    second = study.comparisons.last().summary_b
    Summary.objects.filter(pk=second.pk).update(text="Borealis-9 says: we ship.")
    assert leak_check.check_all() == "names of models: 0 summaries looked through"
    now = timezone.now()
    before = staleness_key(study, criterion, Filters(flagged="out"), now).text
    monkeypatch.setattr(identity_leaks, "NAMES", (*identity_leaks.NAMES, ("Borealis", "Borealis")))
    identity_leaks.list_key.cache_clear()
    identity_leaks._known_terms.cache_clear()
    try:
        told = []
        monkeypatch.setattr("annotations.blindness.leak_check.announce", told.append)
        sweep()
        assert told == ["annotations.tasks.check_giveaways"]
        assert leak_check.check_all() == "names of models: 4 summaries looked through"
        assert leak_check.check_all() == "names of models: 0 summaries looked through"
    finally:
        monkeypatch.undo()
        identity_leaks.list_key.cache_clear()
        identity_leaks._known_terms.cache_clear()
    assert {check.flags[0]["term"] for check in leak_check.flagged(study)} == {"ChatGPT", "Borealis"}
    assert GiveawayCheck.objects.count() == 4
    assert staleness_key(study, criterion, Filters(flagged="out"), now).text != before
    assert get_board(study, criterion, flagged=False)["votes"] == 0


def test_new_pairs_and_a_sweep_tell_the_workers(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: told.append(task))
    study = make_study(systems=2, documents=1)
    study.comparisons.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        pair_generation.build_comparisons(study)
    assert "annotations.tasks.check_giveaways" in told
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert "annotations.tasks.check_giveaways" in told
    leak_check.check_all()
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert "annotations.tasks.check_giveaways" not in told


def test_pairs_are_gone_through_once_however_many_summaries_there_are(monkeypatch):
    make_study(systems=3, documents=4)
    monkeypatch.setattr(leak_check, "BATCH", 5)
    with CaptureQueriesContext(connection) as queries:
        assert leak_check.check_all() == "names of models: 12 summaries looked through"
    assert GiveawayCheck.objects.count() == 12
    assert len([query for query in queries if "annotations_comparison" in query["sql"]]) == 1


def test_sweeps_do_not_go_through_all_pairs_again_until_some_are_added(study):
    assert leak_check.sweep_leak_check().announced == 0
    with CaptureQueriesContext(connection) as queries:
        assert leak_check.sweep_leak_check().announced == 0
    assert not [query for query in queries if "giveawaycheck" in query["sql"]]
    make_study(systems=2, documents=1, slug="t")
    assert leak_check.sweep_leak_check().announced == 1
