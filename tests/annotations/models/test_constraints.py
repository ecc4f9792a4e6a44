"""Attacks on what must never be false; each goes past the services, straight to the tables."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.models import (
    Annotator,
    Assignment,
    AuditEntry,
    Comparison,
    GiveawayCheck,
    Guess,
    Invitation,
    Judgement,
    JudgementRevision,
    Membership,
    PairTally,
    Remark,
    Study,
)
from tests.annotations.models.attacking import hold, refused
from tests.factories import (
    AnnotatorFactory,
    SystemFactory,
    UserFactory,
    make_study,
)

pytestmark = pytest.mark.django_db


def test_an_annotator_cannot_hold_a_comparison_twice(comparison):
    first = hold(comparison, slot=0)
    refused(lambda: hold(comparison, slot=1, annotator=first.annotator))


def test_a_place_is_held_once(comparison):
    hold(comparison, slot=0)
    refused(lambda: hold(comparison, slot=0))


def test_no_place_beyond_the_quota(comparison):
    hold(comparison, slot=0)
    hold(comparison, slot=1)
    refused(lambda: hold(comparison, slot=2))


def test_a_place_cannot_be_moved_beyond_the_quota(comparison):
    held = hold(comparison, slot=0)
    refused(lambda: Assignment.objects.filter(pk=held.pk).update(slot=7))


def test_a_held_assignment_has_a_place(comparison):
    refused(lambda: hold(comparison, slot=None))
    refused(lambda: hold(comparison, slot=None, state="done"))


def test_a_returned_assignment_has_none(comparison):
    refused(lambda: hold(comparison, slot=0, state="expired"))
    refused(lambda: hold(comparison, slot=0, state="skipped"))


def test_a_lease_has_an_end(comparison):
    refused(lambda: hold(comparison, slot=0, lease_until=None))


def test_the_shown_side_is_a_or_b(comparison):
    refused(lambda: hold(comparison, slot=0, shown_left="x"))


def test_the_counter_stays_within_the_quota(comparison):
    refused(lambda: Comparison.objects.filter(pk=comparison.pk).update(taken=3))


def test_the_order_of_a_comparison_is_canonical(comparison):
    swapped = {"summary_a": comparison.summary_b, "summary_b": comparison.summary_a}
    refused(
        lambda: Comparison.objects.create(
            study=comparison.study, document=comparison.document, quota=2, shuffle=1, **swapped
        )
    )


def test_one_judgement_per_criterion(comparison):
    held = hold(comparison, slot=0)
    criterion = comparison.study.criteria.get()
    Judgement.objects.create(assignment=held, criterion=criterion, outcome="a")
    refused(lambda: Judgement.objects.create(assignment=held, criterion=criterion, outcome="b"))


def test_an_outcome_is_one_of_four(comparison):
    held = hold(comparison, slot=0)
    refused(
        lambda: Judgement.objects.create(assignment=held, criterion=comparison.study.criteria.get(), outcome="left")
    )


def test_given_answers_never_change(comparison):
    held = hold(comparison, slot=0)
    judgement = Judgement.objects.create(assignment=held, criterion=comparison.study.criteria.get(), outcome="a")
    revision = JudgementRevision.objects.create(
        assignment=judgement.assignment, criterion=judgement.criterion, client_key=uuid.uuid4(), outcome="a"
    )
    refused(lambda: JudgementRevision.objects.filter(pk=revision.pk).update(outcome="b"))


def test_an_answers_key_is_used_once(comparison):
    held = hold(comparison, slot=0)
    judgement = Judgement.objects.create(assignment=held, criterion=comparison.study.criteria.get(), outcome="a")
    key = uuid.uuid4()
    JudgementRevision.objects.create(
        assignment=judgement.assignment, criterion=judgement.criterion, client_key=key, outcome="a"
    )
    refused(
        lambda: JudgementRevision.objects.create(
            assignment=judgement.assignment, criterion=judgement.criterion, client_key=key, outcome="a"
        )
    )


@pytest.mark.parametrize(("outcome", "strength"), [("tie", 1), ("both_bad", 2), ("a", 3), ("b", 0)])
def test_strength_belongs_to_a_better_side(comparison, outcome, strength):
    about = {"assignment": hold(comparison, slot=0), "criterion": comparison.study.criteria.get()}
    refused(lambda: Judgement.objects.create(**about, outcome=outcome, strength=strength))
    refused(
        lambda: JudgementRevision.objects.create(**about, client_key=uuid.uuid4(), outcome=outcome, strength=strength)
    )


def test_remarks_never_change(comparison):
    remark = Remark.objects.create(assignment=hold(comparison, slot=0), kind="comment", client_key=uuid.uuid4())
    refused(lambda: Remark.objects.filter(pk=remark.pk).update(text="Other words."))


def test_a_remark_is_a_comment_or_has_a_reason(comparison):
    held = hold(comparison, slot=0)
    refused(lambda: Remark.objects.create(assignment=held, kind="skip", client_key=uuid.uuid4()))
    refused(lambda: Remark.objects.create(assignment=held, kind="comment", reason="other", client_key=uuid.uuid4()))
    refused(lambda: Remark.objects.create(assignment=held, kind="praise", reason="other", client_key=uuid.uuid4()))


def test_comments_are_off_optional_or_required(comparison):
    refused(lambda: Study.objects.update(comments="sometimes"))
    refused(lambda: Study.objects.update(strength="sometimes"))


def test_the_audit_trail_never_changes(comparison):
    entry = AuditEntry.objects.create(study=comparison.study, actor="ada", action="status", after="open")
    refused(lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor="bo"))


def test_an_invitation_is_not_used_more_often_than_it_may(comparison):
    invitation = Invitation.objects.create(study=comparison.study, kind="link", max_uses=1)
    refused(lambda: Invitation.objects.filter(pk=invitation.pk).update(uses=2))


def test_a_platforms_invitation_names_its_parameter(comparison):
    refused(lambda: Invitation.objects.create(study=comparison.study, kind="external"))
    refused(lambda: Invitation.objects.create(study=comparison.study, kind="link", id_parameter="PROLIFIC_PID"))


def test_a_platforms_person_joins_once(comparison):
    AnnotatorFactory(study=comparison.study, external_id="5f1e")
    refused(lambda: AnnotatorFactory(study=comparison.study, external_id="5f1e"))
    AnnotatorFactory.create_batch(2, study=comparison.study)  # any number without an id


def test_what_a_page_sends_twice_makes_one_annotator(comparison):
    AnnotatorFactory(study=comparison.study, join_key="5f1e")
    refused(lambda: AnnotatorFactory(study=comparison.study, join_key="5f1e"))
    AnnotatorFactory.create_batch(2, study=comparison.study)  # any number without one


def test_a_member_has_one_role(comparison):
    user = UserFactory()
    Membership.objects.create(study=comparison.study, user=user, role="owner")
    refused(lambda: Membership.objects.create(study=comparison.study, user=user, role="researcher"))
    refused(lambda: Membership.objects.create(study=comparison.study, user=UserFactory(), role="king"))


def test_which_pairs_and_its_settings_fit(comparison):
    system = SystemFactory()
    refused(lambda: Study.objects.update(which_pairs="anchor"))
    refused(lambda: Study.objects.update(anchor=system))
    refused(lambda: Study.objects.update(which_pairs="sample"))
    refused(lambda: Study.objects.update(pairs_per_document=2))


def test_rating_begins_before_it_ends(comparison):
    now = timezone.now()
    refused(lambda: Study.objects.update(opens_at=now, closes_at=now))


def test_nothing_leads_to_who_was_erased(comparison):
    annotator, now = AnnotatorFactory(study=comparison.study), timezone.now()
    row = Annotator.objects.filter(pk=annotator.pk)
    nobody = {"user": None, "invitation": None, "external_id": "", "left_at": now, "erased_at": now}
    row.update(**nobody)
    refused(lambda: row.update(left_at=None))
    refused(lambda: row.update(external_id="5f1e"))
    refused(lambda: row.update(user=UserFactory()))
    refused(lambda: row.update(invitation=Invitation.objects.create(study=comparison.study, kind="link")))


def test_an_exclusion_has_a_reason(comparison):
    annotator = AnnotatorFactory(study=comparison.study)
    refused(lambda: Annotator.objects.filter(pk=annotator.pk).update(excluded_at=timezone.now()))
    refused(lambda: Annotator.objects.filter(pk=annotator.pk).update(exclusion_reason="Why not."))


def test_a_flagged_summary_has_flags(comparison):
    about = {"study": comparison.study, "summary": comparison.summary_a}
    refused(lambda: GiveawayCheck.objects.create(**about, flagged=True))
    refused(lambda: GiveawayCheck.objects.create(**about, flagged=False, flags=[{"start": 0, "end": 1, "term": "x"}]))
    GiveawayCheck.objects.create(**about, flagged=False)
    refused(lambda: GiveawayCheck.objects.create(**about, flagged=False))


def test_a_guess_is_a_side_or_none_and_made_once(comparison):
    held = hold(comparison, slot=0)
    refused(lambda: Guess.objects.create(assignment=held, side="x"))
    Guess.objects.create(assignment=held, side="")
    refused(lambda: Guess.objects.create(assignment=held, side="a"))


@pytest.mark.parametrize(
    "values",
    [
        {"sampling": "clever"},
        {"epsilon": 0},
        {"epsilon": -0.1},
        {"epsilon": 1.01},
        {"noninferiority_margin": 0},
        {"noninferiority_margin": 0.5},
        {"key_order": ""},
        {"key_order": "by taste"},
    ],
)
def test_pairs_are_chosen_in_a_known_way_with_a_share_drawn_evenly(comparison, values):
    refused(lambda: Study.objects.filter(pk=comparison.study_id).update(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"probability": 0.0, "drawn_from": 3},
        {"probability": -0.5, "drawn_from": 3},
        {"probability": 1.000001, "drawn_from": 3},
        {"probability": 0.5, "drawn_from": 0},
        {"probability": 0.5, "drawn_from": None},
        {"probability": None, "drawn_from": 3},
    ],
)
def test_a_draw_has_a_probability_above_zero_and_what_it_was_drawn_from(comparison, values):
    refused(lambda: hold(comparison, slot=0, **values))
    hold(comparison, slot=0, probability=1.0, drawn_from=1)


@pytest.fixture
def pair_count():
    study = make_study(systems=2, documents=1, sampling="adaptive")
    one, two = study.systems.order_by("pk")
    return PairTally.objects.create(study=study, system_1=one, system_2=two)


@pytest.mark.parametrize(
    "values",
    [
        {"votes": -1},
        {"votes": 1, "score_sum": 1.5, "score_squares": 1},
        {"votes": 2, "score_sum": 1, "score_squares": 1.25},
        {"votes": 2, "score_sum": 1, "score_squares": -0.25},
    ],
)
def test_counts_of_a_pair_fit_together(pair_count, values):
    refused(lambda: PairTally.objects.filter(pk=pair_count.pk).update(**values))


def test_a_pair_is_counted_once_the_smaller_system_first(pair_count):
    one, two, study = pair_count.system_1, pair_count.system_2, pair_count.study
    refused(lambda: PairTally.objects.create(study=study, system_1=one, system_2=two))
    refused(lambda: PairTally.objects.create(study=study, system_1=two, system_2=one))
    refused(lambda: PairTally.objects.create(study=study, system_1=one, system_2=one))


def test_a_study_asks_about_two_different_systems_and_knows_since_when():
    study = make_study(systems=2)
    one, other = study.systems.order_by("slug")
    row, now = Study.objects.filter(pk=study.pk), timezone.now()
    for attack in (
        {"small_system": one, "large_system": one, "pair_named_at": now},
        {"small_system": one, "large_system": other, "pair_named_at": None},
        {"small_system": None, "large_system": None, "pair_named_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**attack)
    assert row.update(small_system=one, large_system=other, pair_named_at=now) == 1


def test_a_form_makes_one_study():
    person, key = UserFactory(), uuid.uuid4()
    make_study(created_by=person, form_key=key)
    refused(lambda: make_study(created_by=person, form_key=key))
    refused(lambda: Study.objects.filter(pk=make_study(created_by=person).pk).update(form_key=key))
    make_study(created_by=UserFactory(), form_key=key)  # somebody else's form has a key of its own
    make_study(created_by=person)
