"""Planned looks are taken when they are due, of the first votes, and what they found stays."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from annotations.models import Judgement, Study
from leaderboards.boards.stopping.planned import standing_of_looks, take_due_looks
from leaderboards.models import TakenLook
from leaderboards.presentation.looks import say_looks
from leaderboards.presentation.methods import judging_of
from leaderboards.sharing.public import make_public
from leaderboards.web.report_notes import GOES_ON, NUMBERS_GO_ON
from stats.decisions.look import look_at
from stats.decisions.looks import Spending, boundaries
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.helpers import system_slugs, vote_all

pytestmark = pytest.mark.django_db


def planned_study(looks=(30, 60, 90), *, rated=0, wins=0.8, people=6, margin=0.05):
    """A study of two systems with looks, of which so many comparisons are rated by two people each."""
    study = make_study(slug="meetings", systems=2, documents=60, quota=2)
    first, second = study.systems.order_by("slug")
    Study.objects.filter(pk=study.pk).update(
        small_system=first,
        large_system=second,
        pair_named_at=timezone.now(),
        look_votes=list(looks),
        noninferiority_margin=margin,
    )
    study.refresh_from_db()
    add_votes(study, rated, wins=wins, people=[AnnotatorFactory(study=study) for _ in range(people)])
    return study


def add_votes(study, rated, *, wins=0.8, people=None, skip=0):
    people = people or list(study.annotators.all())
    slugs, rng = system_slugs(study), np.random.default_rng(rated + skip)
    pairs = study.comparisons.select_related("summary_a__run__system").order_by("pk")[skip : skip + rated]
    votes = []
    for number, comparison in enumerate(pairs):
        first = comparison.summary_a.run.system.slug == slugs[0]
        for slot in range(2):
            won = rng.random() < wins
            who = people[(2 * number + slot) % len(people)]
            votes.append((comparison, who, slot, "a", "a" if won == first else "b"))
    vote_all(study.criteria.get(), votes)


def page(path="/boards/meetings/planning/", **headers):
    client = Client(headers=headers)
    client.force_login(UserFactory(is_staff=True))
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_looks_are_taken_when_their_votes_are_there_and_once():
    study = planned_study(rated=14)
    assert standing_of_looks(study).taken == []
    add_votes(study, 6, skip=14)
    standing = standing_of_looks(study)
    assert [(look.number, look.votes) for look in standing.taken] == [(1, 30)]
    assert (standing.votes, standing.next.votes) == (40, 60)
    again = standing_of_looks(study)
    assert [look.pk for look in again.taken] == [look.pk for look in standing.taken]


def test_a_look_is_of_the_first_votes_whoever_looks_later():
    study = planned_study(rated=14)
    add_votes(study, 1, skip=14)
    (early,) = standing_of_looks(study).taken
    TakenLook.objects.all().delete()
    add_votes(study, 40, skip=15, wins=0.0)
    late = standing_of_looks(study).taken
    assert [look.number for look in late] == [1, 2, 3]
    assert (late[0].distance, late[0].needed) == (early.distance, early.needed)
    rows = Judgement.objects.order_by("created_at", "pk")[:60]
    first = system_slugs(study)[0]
    results, document, annotator = zip(
        *(
            (float((vote.outcome == "a") == (vote.assignment.comparison.summary_a.run.system.slug == first)),
             vote.assignment.comparison.document_id, vote.assignment.annotator_id)
            for vote in rows
        ),
        strict=True,
    )  # fmt: skip
    bounds = boundaries([1 / 3, 2 / 3, 1.0], Spending.OBRIEN_FLEMING)
    second = look_at(
        *map(np.array, (results, document, annotator)),
        boundary=bounds[1],
        margin=study.noninferiority_margin,
    )
    assert late[1].distance == pytest.approx(second.distance)
    assert (late[1].claim, late[1].annotators, late[1].documents) == (second.claim, 6, 30)


def test_what_was_found_stays_whatever_becomes_of_the_votes():
    study = planned_study(rated=20)
    (look,) = standing_of_looks(study).taken
    Judgement.objects.update(outcome="tie")
    study.annotators.update(excluded_at=timezone.now(), exclusion_reason="asleep")
    assert standing_of_looks(study).taken[0].distance == look.distance
    with pytest.raises(IntegrityError, match="taken_look_never_changes"), transaction.atomic():
        TakenLook.objects.update(claim="open")
    with pytest.raises(IntegrityError), transaction.atomic():
        TakenLook.objects.create(
            study=study, number=1, votes=9, documents=1, annotators=1, boundary=2.0, claim="open", reason="x"
        )


@pytest.mark.parametrize(
    "values",
    [{"claim": "maybe"}, {"reason": "few", "claim": "better"}, {"reason": "", "distance": None}, {"number": 0}],
)
def test_the_database_knows_what_a_look_may_say(values):
    study = planned_study()
    right = {"number": 1, "votes": 30, "documents": 9, "annotators": 5, "boundary": 3.0, "distance": 3.2, "needed": 3.1}
    with pytest.raises(IntegrityError, match="look_"), transaction.atomic():
        TakenLook.objects.create(study=study, **right | {"claim": "good_enough"} | values)


def test_a_sweep_takes_what_nobody_opened():
    study = planned_study(rated=30)
    take_due_looks()
    assert list(study.taken_looks.values_list("number", flat=True)) == [1, 2]


def test_a_study_without_planned_looks_has_none(django_assert_num_queries):
    study = make_study(slug="meetings", systems=2)
    small, large = study.systems.all()
    Study.objects.filter(pk=study.pk).update(small_system=small, large_system=large, pair_named_at=timezone.now())
    study = Study.objects.get()
    with django_assert_num_queries(0):
        assert standing_of_looks(study) is None
    assert "Planned looks" not in page()
    assert judging_of(study).looks == ()


def test_pages_say_what_to_do():
    study = planned_study(rated=14)
    assert "No look is due yet." in page()
    assert "There are 28 votes between the two; the next look is at 30. Nobody should decide before." in page()
    add_votes(study, 21, skip=14, wins=0.5)
    said = say_looks(standing_of_looks(study))
    assert said.heading == "Go on."
    assert said.sentences[0].startswith("Look 2 of 3, planned at 60 votes: the difference is ")
    assert "The limit is 45 %" in said.limit.replace("\N{NO-BREAK SPACE}", " ")
    for address in ("/boards/meetings/planning/", "/boards/meetings/planning/?stopping=1"):
        assert "The study planned looks: decide by these alone." in page(address)
    assert "What the rest of this page says takes all votes of now" in page()
    board = page("/boards/meetings/")
    assert "Planned looks: Go on." in board
    assert "the next look is at 90" in board
    Study.objects.filter(pk=study.pk).update(status="closed")
    assert "The study ended before it was decided." in page()


def test_looks_stand_beside_each_verdict():
    """A verdict by all votes may say Good enough where no look allows to end."""
    planned_study(looks=(100, 120), rated=40, wins=0.9)
    for path in ("", "small-versus-large/", "report/"):
        shown = page(f"/boards/meetings/{path}")
        assert "Good enough" in shown
        assert "No look is due yet." in shown
        assert "The planned looks decide, and not the verdict below" in shown
    assert "The study planned looks, and these decide" in page("/studies/meetings/")


def test_looks_stand_beside_each_verdict_without_an_account(settings):
    settings.PUBLIC_BOARDS = True
    study = planned_study(looks=(100, 120), rated=40, wins=0.9)
    make_public(study, UserFactory(), ["report", "board"], insist=True, reason="Asked for.")
    page("/boards/meetings/")
    for path in ("meetings/board/", "meetings/report/"):
        assert "The planned looks decide, and not the verdict below" in Client().get(f"/public/{path}").content.decode()
    for shown in (Client().get("/public/").content.decode(), page("/")):
        assert "Good enough" in shown
        assert "Its planned looks decide, not this verdict of all votes." in shown


def test_another_question_has_no_looks():
    study = planned_study(rated=40, wins=0.9)
    study.criteria.create(key="tone", question="Which keeps the tone?", position=2)
    shown = page("/boards/meetings/?criterion=tone")
    assert "Looks are planned at the answers to another question (overall), not to this one." in shown
    assert "You may stop" not in shown
    assert "The planned looks decide" not in page("/boards/meetings/report/?criterion=tone")


@pytest.mark.parametrize(("rated", "wins", "settled"), [(14, 0.8, False), (30, 0.9, True), (45, 0.45, True)])
def test_a_report_says_what_may_still_change(rated, wins, settled):
    planned_study(rated=rated, wins=wins)
    shown = page("/boards/meetings/report/")
    assert (GOES_ON in shown, NUMBERS_GO_ON in shown) == (not settled, settled)


def test_rating_that_ended_by_its_date_is_over():
    study = planned_study(rated=14)
    Study.objects.filter(pk=study.pk).update(closes_at=timezone.now() - timedelta(hours=1))
    assert "The study ended before it was decided." in page()
    assert "Nobody should decide before." not in page()


def test_pages_say_that_one_may_stop_and_methods_say_how_it_came():
    study = planned_study(rated=30, wins=0.9)
    said = say_looks(standing_of_looks(study))
    small, large = system_slugs(study)
    assert (said.heading, said.kind) == ("You may stop.", "decided")
    assert said.sentences[1:] == [
        f"{small} is good enough to stand in for {large}.",
        "This stands, whatever votes come later.",
    ]
    planned, found = judging_of(study).looks
    assert planned.startswith("Looks were planned before the first judgement, at 30, 60, 90 judgements")
    assert found == "The boundary was crossed at look 2 of 3."
    study.annotators.update(imported=True)
    assert judging_of(study).looks[1] == "Imported judgements may be older than this plan."


def test_the_last_look_ends_it():
    said = say_looks(standing_of_looks(planned_study(rated=45, wins=0.45)))
    assert said.heading == "The last look is over."
    assert said.sentences[-1].startswith("The votes do not decide.")


def test_in_chinese_no_sentence_stays_english():
    planned_study(rated=30, wins=0.9)
    shown = page(**{"accept-language": "zh-hans"})
    for said in ("Planned looks", "You may stop", "standard errors", "good enough to stand in", "The limit is"):
        assert said not in shown
