"""Where marks are required: a pair is rated once what loses has a mark, or its annotator says that they find no error."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, Judgement
from annotations.people.links import invitation_path
from annotations.people.privacy import erase, own_data
from annotations.rating.leases import return_expired
from annotations.rating.undo import undo
from annotations.rating.votes import Vote, record_vote
from leaderboards.data.filters import Filters
from leaderboards.snapshots.staleness import staleness_key
from marks.marking.recording import NewMark, record_mark, record_no_error, take_back
from marks.models import Mark, NoErrorFound, Reading, Withdrawal
from tests.annotations.helpers import vote_on
from tests.factories import CriterionFactory
from tests.marks.files import TEXT, study_with_texts
from tests.marks.test_marking import a_mark, code, post, token, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return study_with_texts(systems=2, documents=3, ask_marks="required")


@pytest.fixture
def annotator(client, study):
    client.post(invitation_path(study))
    return study.annotators.get()


@pytest.fixture
def pair(client, study, annotator):
    return annotator.assignments.get(token=token(client, study))


def answer(pair, choice, criterion="overall"):
    return record_vote(pair.annotator, Vote(pair.token, criterion, choice, uuid.uuid4()))


def mark(pair, side, **changes):
    new = {"kind": "missing decision", "severity": "major", "client_key": uuid.uuid4()} | changes
    return record_mark(pair.annotator, NewMark(token=pair.token, side=side, **new))


def state(pair):
    return Assignment.objects.get(pk=pair.pk).state


@pytest.mark.parametrize(("choice", "loser"), [("left", "right"), ("right", "left")])
def test_the_summary_that_loses_needs_a_mark(pair, choice, loser):
    assert answer(pair, choice).complete is False
    assert mark(pair, choice).complete is False
    assert state(pair) == "leased"
    assert mark(pair, loser).complete is True
    assert state(pair) == "done"


def test_marks_may_come_before_the_answer(pair):
    assert mark(pair, "right").complete is False
    assert answer(pair, "left").complete is True


def test_both_bad_needs_one_in_each_and_a_tie_none(client, study, pair):
    assert answer(pair, "both_bad").complete is False
    assert mark(pair, "left").complete is False
    assert mark(pair, "right").complete is True
    following = pair.annotator.assignments.get(token=token(client, study))
    assert answer(following, "tie").complete is True


def test_who_loses_on_any_question_counts(client, study, annotator):
    CriterionFactory(study=study, key="fluency", position=1)
    pair = annotator.assignments.get(token=token(client, study))
    mark(pair, "right")
    assert answer(pair, "left").complete is False
    assert answer(pair, "right", "fluency").complete is False
    assert mark(pair, "left").complete is True


def test_nobody_has_to_invent_an_error(pair):
    answer(pair, "left")
    first, again = (record_no_error(pair.annotator, pair.token) for _ in range(2))
    assert (first.complete, first.repeated, again.complete, again.repeated) == (True, False, True, True)
    assert state(pair) == "done"
    said = NoErrorFound.objects.get()
    assert said.summary == (pair.comparison.summary_b if pair.shown_left == "a" else pair.comparison.summary_a)
    assert Reading.objects.get().summary == said.summary  # they looked for errors there


def test_what_was_said_of_one_summary_is_not_said_of_the_other(pair):
    answer(pair, "left")
    record_no_error(pair.annotator, pair.token)
    undo(pair.annotator, uuid.uuid4())
    assert answer(pair, "right").complete is False
    assert mark(pair, "left").complete is True


def test_after_undo_the_marks_still_count(pair):
    mark(pair, "right")
    answer(pair, "left")
    undo(pair.annotator, uuid.uuid4())
    assert state(pair) == "leased"
    assert answer(pair, "left").complete is True


def test_a_rated_pair_is_open_again_without_its_last_mark(pair):
    keys = [uuid.uuid4(), uuid.uuid4()]
    answer(pair, "left")
    for key in keys:
        mark(pair, "right", client_key=key)
    rated = Assignment.objects.get(pk=pair.pk).completed_at
    assert take_back(pair.annotator, pair.token, keys[0], uuid.uuid4()).complete is True
    assert Assignment.objects.get(pk=pair.pk).completed_at == rated
    assert take_back(pair.annotator, pair.token, keys[1], uuid.uuid4()).complete is False
    assert state(pair) == "leased"


def test_a_changed_answer_opens_a_pair_whose_loser_has_no_mark(pair):
    mark(pair, "right")
    answer(pair, "left")
    assert answer(pair, "right").complete is False
    assert state(pair) == "leased"
    assert answer(pair, "tie").complete is True


def test_a_lapsed_pair_is_taken_up_again_by_its_mark(pair):
    answer(pair, "left")
    return_expired(pair.comparison.study, now=timezone.now() + timedelta(days=1))
    assert state(pair) == "expired"
    assert mark(pair, "right").complete is True
    assert state(pair) == "done"


def test_a_board_sees_a_lapsed_pair_that_a_mark_completed(pair):
    study = pair.comparison.study
    answer(pair, "left")
    return_expired(study, now=timezone.now() + timedelta(days=1))
    keys = []
    for _ in range(2):
        keys.append(staleness_key(study, study.criteria.get(), Filters(), timezone.now() + timedelta(hours=1)).text)
        mark(pair, "right")
    assert keys[0] != keys[1]


def test_practice_gold_and_repeats_ask_alike(client):
    study = study_with_texts(documents=12, ask_marks="required", repeat_every=2)
    client.post(invitation_path(study))
    purposes = []
    while page := client.get(url(study, "rate")).context.get("page"):
        pair = study.annotators.get().assignments.get(token=page.token)
        purposes.append(pair.comparison.purpose)
        assert answer(pair, "left").complete is False
        assert client.get(url(study, "rate")).context["marking"].lacking == ["right"]
        assert record_no_error(pair.annotator, pair.token).complete is True
    assert set(purposes) == {"rating", "repeat"}


def test_optional_marks_hold_nothing_up(client):
    study = study_with_texts(ask_marks="optional")
    client.post(invitation_path(study))
    pair = study.annotators.get().assignments.get(token=token(client, study))
    assert answer(pair, "left").complete is True
    assert mark(pair, "right").complete is False
    nothing = post(client, study, "no-error-to-mark", {"token": token(client, study)})
    assert nothing.json()["complete"] is False
    assert not NoErrorFound.objects.exists()


def test_people_take_what_they_said_with_them_and_have_it_erased(pair):
    answer(pair, "left")
    record_no_error(pair.annotator, pair.token)
    said = own_data(pair.annotator)["no_error_to_mark"]
    assert [(one["pair"], one["side"]) for one in said] == [(pair.token, "right")]
    erase(pair.annotator)
    assert not NoErrorFound.objects.exists()
    assert Judgement.objects.count() == 1 and state(pair) == "done"


# ---- by the page, without JavaScript


def test_forms_alone_rate_a_pair(client, study, pair):
    vote = {"token": pair.token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
    client.post(url(study, "vote"), vote)
    page = client.get(url(study, "rate"))
    assert "The right summary loses: mark an error in it to go on." in page.content.decode()
    sent = {"token": pair.token, "side": "right", "severity": "major", "client_key": uuid.uuid4()}
    answer = client.post(url(study, "add-mark"), sent | {"error_kind": "invented", "words": "by  Wednesday"})
    assert (answer.status_code, answer.url) == (302, reverse("rate", args=[study.public_id]))
    stored = Mark.objects.get()
    assert (stored.text, TEXT[stored.start : stored.end]) == ("by Wednesday", "by Wednesday")
    assert token(client, study) != pair.token


def test_forms_alone_say_that_there_is_no_error_and_take_a_mark_back(client, study, pair):
    answer(pair, "left")
    sent = {"token": pair.token, "side": "left", "severity": "minor", "client_key": uuid.uuid4()}
    client.post(url(study, "add-mark"), sent | {"error_kind": "missing action", "words": ""})
    [standing] = client.get(url(study, "rate")).context["marking"].standing
    back = {"token": pair.token, "mark": standing["key"], "client_key": standing["back_key"]}
    for _ in range(2):
        assert client.post(url(study, "take-back-mark"), back).status_code == 302
    assert not Mark.objects.standing().exists()
    assert client.post(url(study, "no-error-to-mark"), {"token": pair.token}).status_code == 302
    assert state(pair) == "done"


@pytest.mark.parametrize(("words", "said"), [("Friday", "do not stand"), ("the", "more than once")])
def test_words_that_are_typed_stand_there_once(client, study, pair, words, said):
    sent = {"token": pair.token, "side": "left", "severity": "minor", "client_key": uuid.uuid4(), "words": words}
    answer = client.post(url(study, "add-mark"), sent | {"error_kind": "invented"})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    both = post(client, study, "add-mark", a_mark(pair.token) | {"words": "Monday"})
    assert (both.status_code, both.json()["error"]["field"]) == (400, "words")
    assert not Mark.objects.exists()


def test_nobody_says_it_of_the_pair_of_another_or_in_a_closed_study(client, study, pair):
    answer(pair, "left")
    assert code(post(client, study, "no-error-to-mark", {"token": uuid.uuid4()})) == "unknown_assignment"
    study.status = "closed"
    study.save()
    assert code(post(client, study, "no-error-to-mark", {"token": pair.token})) == "study_not_open"
    assert not NoErrorFound.objects.exists()


# ---- attacks, past the services


def refused(action, match):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        action()


def test_no_pair_is_rated_while_a_summary_loses_unexplained(pair):
    answer(pair, "both_bad")
    mine = Assignment.objects.filter(pk=pair.pk)
    done = {"state": "done", "lease_until": None, "completed_at": timezone.now()}
    refused(lambda: mine.update(**done), "rated_pair_has_marks")
    NoErrorFound.objects.create(assignment=pair, summary=pair.comparison.summary_a)
    refused(lambda: mine.update(**done), "rated_pair_has_marks")
    NoErrorFound.objects.create(assignment=pair, summary=pair.comparison.summary_b)
    assert mine.update(**done) == 1


def test_marks_of_others_and_those_taken_back_do_not_count(client, study, pair):
    other = study_with_texts(ask_marks="required")
    answer(pair, "left")
    key = uuid.uuid4()
    mark(pair, "right", client_key=key)
    mine = Assignment.objects.filter(pk=pair.pk)
    done = Mark.objects.get()
    refused(lambda: Withdrawal.objects.create(mark=done), "rated_pair_keeps_marks")
    mine.update(state="leased", lease_until=timezone.now())
    Withdrawal.objects.create(mark=done)
    refused(lambda: mine.update(state="done", lease_until=None), "rated_pair_has_marks")
    assert other.comparisons.exists()


def test_no_answer_of_a_rated_pair_comes_to_lack_a_mark(pair):
    mark(pair, "right")
    answer(pair, "left")
    given = Judgement.objects.filter(assignment=pair)
    other = "b" if given.get().outcome == "a" else "a"
    for outcome in (other, "both_bad"):
        refused(lambda outcome=outcome: given.update(outcome=outcome), "changed_vote_has_marks")
    assert given.update(outcome="tie") == 1


def test_what_was_said_is_of_the_pair_blind_and_never_changes(client, study, pair):
    answer(pair, "left")
    elsewhere = study.comparisons.exclude(pk=pair.comparison_id).first().summary_a
    refused(lambda: NoErrorFound.objects.create(assignment=pair, summary=elsewhere), "no_error_found_is_of_its_pair")
    record_no_error(pair.annotator, pair.token)
    said = NoErrorFound.objects.get()
    twice = {"assignment": pair, "summary": said.summary}
    refused(lambda: NoErrorFound.objects.create(**twice), "(?i)unique|no_error_found_once")
    refused(lambda: NoErrorFound.objects.update(created_at=timezone.now()), "no_error_found_is_append_only")
    type(pair.annotator).objects.filter(pk=pair.annotator_id).update(saw_results_at=timezone.now())
    loser = {pair.comparison.summary_a, pair.comparison.summary_b} - {said.summary}
    refused(lambda: NoErrorFound.objects.create(assignment=pair, summary=loser.pop()), "no_error_found_is_blind")


def test_imported_annotators_and_studies_that_do_not_ask_are_free(client, study, pair):
    answer(pair, "left")
    mine = Assignment.objects.filter(pk=pair.pk)
    type(pair.annotator).objects.filter(pk=pair.annotator_id).update(imported=True)
    assert mine.update(state="done", lease_until=None) == 1
    optional = study_with_texts(ask_marks="optional")
    client.post(invitation_path(optional))
    vote_on(optional.annotators.get().assignments.get(token=token(client, optional)), "left")
