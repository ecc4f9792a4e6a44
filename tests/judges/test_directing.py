"""Directed studies: people are asked where judges and metrics are unsure, with chances that are known and stored."""

import json
from collections import Counter

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from annotations.models import Assignment, Comparison
from annotations.people.joining import join
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from annotations.studies.checks import StudySetupError
from annotations.studies.directing import direct_study, drawn_of
from annotations.studies.pair_generation import build_comparisons
from annotations.studies.settings import change_settings
from judges.report.unsure import unsure_pairs
from models_runner.models import Summary
from tests.annotations.helpers import vote_on
from tests.factories import UserFactory, make_study
from tests.judges.test_judging import ask, scripted
from tests.people import researcher

pytestmark = pytest.mark.django_db


def asked_of(study):
    return study.comparisons.filter(quota__gt=0)


def test_people_are_asked_about_what_was_drawn_alone_document_by_document():
    study = make_study(systems=3, documents=6, quota=1)
    drawn = direct_study(study, {}, documents=2, pairs=2)
    assert (drawn.documents, drawn.comparisons, drawn.of_documents, drawn.of_comparisons) == (2, 4, 6, 18)
    assert drawn_of(study) == drawn
    assert sorted(Counter(asked_of(study).values_list("document", flat=True)).values()) == [2, 2]
    person, seen = join(study), []
    while assignment := next_assignment(person):
        vote_on(assignment, "left")
        seen.append(assignment.comparison)
    assert {row.pk for row in seen} == set(asked_of(study).values_list("pk", flat=True))
    documents = [row.document_id for row in seen]
    assert documents[0] == documents[1] != documents[2] == documents[3]


def test_every_pair_keeps_a_chance_and_the_chances_are_those_of_one_of_the_asked():
    study = make_study(systems=3, documents=4)
    certain = dict.fromkeys(study.comparisons.values_list("pk", flat=True), 0.0)
    unsure = study.comparisons.first()
    direct_study(study, certain | {unsure.pk: 0.5}, documents=2, pairs=1)
    chances = np.array(study.comparisons.values_list("chance", flat=True), dtype=float)
    assert (chances > 0).all()
    assert chances.sum() == pytest.approx(1)
    unsure.refresh_from_db()
    assert unsure.chance == chances.max()
    assert unsure.chance > 3 * np.median(chances)


def test_a_vote_stores_the_chance_of_its_pair():
    study = make_study(systems=2, documents=5)
    direct_study(study, {}, documents=3)
    assignment = next_assignment(join(study))
    stored = Assignment.objects.get(pk=assignment.pk)
    # All documents are alike, so each pair has the chance that an even draw gives it.
    assert stored.probability == pytest.approx(1 / 5)
    assert stored.drawn_from == 5


def test_the_draw_is_as_often_as_its_chances_say():
    study = make_study(systems=2, documents=4)
    pairs = list(study.comparisons.order_by("pk"))
    unsure = {pair.pk: score for pair, score in zip(pairs, (0.5, 0.1, 0.02, 0.0), strict=True)}
    seen = Counter()
    for seed in range(300):
        direct_study(study, unsure, documents=2, seed=seed)
        seen.update(asked_of(study).values_list("pk", flat=True))
    for pair in study.comparisons.all():
        expected = 2 * pair.chance
        assert abs(seen[pair.pk] / 300 - expected) < 4 * np.sqrt(expected * (1 - expected) / 300) + 1e-9


def test_nothing_is_drawn_once_somebody_was_given_a_pair():
    study = make_study(systems=2, documents=3)
    next_assignment(join(study))
    with pytest.raises(StudySetupError, match="annotators have already been given some"):
        direct_study(study, {}, documents=1)
    with pytest.raises(StudySetupError, match="can no longer become directed"):
        change_settings(study, {"sampling": "directed"}, None)


def test_numbers_that_cannot_be_are_refused():
    study = make_study(systems=2, documents=3)
    for values in ({"documents": 0}, {"documents": 4}, {"documents": 1, "pairs": 0}):
        with pytest.raises(StudySetupError):
            direct_study(study, {}, **values)
    assert study.comparisons.filter(chance=None).count() == 3


def test_another_way_to_choose_pairs_asks_about_all_again():
    study = make_study(systems=2, documents=3, quota=2)
    direct_study(study, {}, documents=1)
    change_settings(study, {"quota": 4}, None)
    assert Counter(study.comparisons.values_list("quota", flat=True)) == {0: 2, 4: 1}
    study.refresh_from_db()
    change_settings(study, {"sampling": "even"}, None)
    assert Counter(study.comparisons.values_list("quota", "chance")) == {(4, None): 3}


def test_pairs_that_come_after_the_draw_are_not_asked_about():
    study = make_study(systems=3, documents=2, quota=2)
    late = study.comparisons.last()
    Comparison.objects.filter(pk=late.pk).delete()
    direct_study(study, {}, documents=2)
    assert build_comparisons(study) == 1
    assert Counter(study.comparisons.values_list("quota", flat=True)) == {2: 5, 0: 1}


@pytest.mark.parametrize("chance", [0, -0.1, 1.1])
def test_the_database_refuses_a_chance_that_is_none(chance):
    pair = make_study(systems=2, documents=1).comparisons.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Comparison.objects.filter(pk=pair.pk).update(chance=chance)


def test_judges_that_disagree_are_unsure():
    study = make_study(systems=2, documents=2)
    first, second = study.comparisons.order_by("pk")
    text = Summary.objects.get(pk=first.summary_a_id).text
    sure = '{"reason": "x", "verdict": "A"}'
    # Asked about the first pair both say a; about the second one prefers whichever comes first.
    said = {f"Summary A:\n<<<\n{text}": sure, f"Summary B:\n<<<\n{text}": '{"reason": "x", "verdict": "B"}'}
    ask(study, scripted("one", default=sure, engine={"said": said}))
    ask(study, scripted("two", default=sure, engine={"said": said}))
    unsure = unsure_pairs(study)
    assert unsure[second.pk] > 4 * unsure[first.pk]


def test_the_command_directs_a_study(capsys):
    study = make_study(systems=2, documents=4)
    scripted("strict")
    call_command("direct", study.slug, "--documents", "2", "--seed", "3")
    assert "asks about 2 of 4 pairs, on 2 of 4 documents" in capsys.readouterr().out
    with pytest.raises(CommandError, match="expected 1 to 4"):
        call_command("direct", study.slug, "--documents", "9")
    with pytest.raises(CommandError, match="There is no judge"):
        call_command("direct", study.slug, "--documents", "1", "--judges", "nobody")


def test_a_board_weighs_votes_by_their_chance_and_says_so(capsys):
    study = make_study(systems=2, documents=6, quota=1)
    pairs = list(study.comparisons.order_by("pk"))
    unsure = {pair.pk: score for pair, score in zip(pairs, (0.5, 0.4, 0.0, 0.0, 0.0, 0.0), strict=True)}
    direct_study(study, unsure, documents=4)
    person = join(study)
    while assignment := next_assignment(person):
        vote_on(assignment, "left")
    call_command("leaderboard", study.slug, "--format", "json")
    board = json.loads(capsys.readouterr().out)
    assert board["weights"]["directed"] is True
    assert board["weights"]["drawn"] == 4
    assert board["weights"]["effective_votes"] < 4


def test_the_page_draws_and_says_what_was_drawn():
    study = make_study(systems=2, documents=3)
    client = researcher()
    page = reverse("study-judges", args=[study.slug])
    assert "Where should people look?" in client.get(page).content.decode()
    refused = client.post(reverse("direct-people", args=[study.slug]), {"documents": "7"})
    assert refused.status_code == 400
    assert "expected 1 to 3" in refused.content.decode()
    client.post(reverse("direct-people", args=[study.slug]), {"documents": "2"})
    assert "People are asked about 2 of 3 pairs, on 2 of 3 documents." in client.get(page).content.decode()
    next_assignment(join(study))
    assert "direct-people" not in client.get(page).content.decode()
    answer = client.post(reverse("direct-people", args=[study.slug]), {"documents": "1"}, follow=True)
    assert "annotators have already been given some" in answer.content.decode()
    assert drawn_of(study).documents == 2


def test_nothing_of_a_draw_reaches_who_rates(client):
    study = make_study(systems=2, documents=4)
    ask(study, scripted("the-strict-judge"))
    pairs = {pk: 0.013 * n for n, pk in enumerate(study.comparisons.values_list("pk", flat=True))}
    direct_study(study, pairs, documents=2)
    client.force_login(UserFactory())
    client.post(invitation_path(study))
    chances = [repr(chance)[:8] for chance in study.comparisons.values_list("chance", flat=True)]
    for address in (reverse("rate", args=[study.public_id]), reverse("home")):
        answer = client.get(address, follow=True)
        said = answer.content.decode().lower() + str(answer.headers).lower()
        assert not [word for word in ("directed", "the-strict-judge", "unsure", *chances) if word in said]


def test_helped_boards_of_a_directed_study_are_not_refused_for_its_draw(capsys):
    study = make_study(systems=3, documents=12, quota=1)
    asking = scripted("strict", default='{"reason": "x", "verdict": "A"}')
    ask(study, asking)
    direct_study(study, unsure_pairs(study), documents=6)
    for person in (join(study), join(study)):
        while assignment := next_assignment(person):
            vote_on(assignment, "left" if assignment.shown_left == "a" else "right")
    call_command("leaderboard", study.slug, "--source", "helped:strict", "--format", "json")
    board = json.loads(capsys.readouterr().out)
    assert "differ" not in board["helped"]["reason"]
    assert board["weights"]["directed"] is True
