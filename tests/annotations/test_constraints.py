"""Attacks on what must never be false; each goes past the services, straight to the tables."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.models import Assignment, Comparison, EvidenceJob, Judgement, JudgementRevision, SummaryEvidence
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison():
    return make_study(systems=2, documents=1, quota=2).comparisons.get()


def hold(comparison, *, slot, annotator=None, **values):
    defaults = {"shown_left": "a", "lease_until": timezone.now() + timedelta(hours=1)}
    annotator = annotator or AnnotatorFactory(study=comparison.study)
    return Assignment.objects.create(comparison=comparison, annotator=annotator, slot=slot, **(defaults | values))


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


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
    revision = JudgementRevision.objects.create(judgement=judgement, client_key=uuid.uuid4(), outcome="a")
    refused(lambda: JudgementRevision.objects.filter(pk=revision.pk).update(outcome="b"))


def test_an_answers_key_is_used_once(comparison):
    held = hold(comparison, slot=0)
    judgement = Judgement.objects.create(assignment=held, criterion=comparison.study.criteria.get(), outcome="a")
    key = uuid.uuid4()
    JudgementRevision.objects.create(judgement=judgement, client_key=key, outcome="a")
    refused(lambda: JudgementRevision.objects.create(judgement=judgement, client_key=key, outcome="a"))


# ---- evidence


def test_a_summary_has_one_evidence():
    summary = SummaryFactory()
    SummaryEvidence.objects.create(summary=summary, spans=[], signature="evidence 1|test")
    refused(lambda: SummaryEvidence.objects.create(summary=summary, spans=[], signature="evidence 1|test"))


def test_evidence_names_its_method():
    refused(lambda: SummaryEvidence.objects.create(summary=SummaryFactory(), spans=[], signature=""))


@pytest.mark.parametrize(("owner", "lease_until"), [("a:1:1:1", None), ("", timezone.now())])
def test_an_evidence_job_has_a_lease_while_it_has_an_owner(owner, lease_until):
    refused(lambda: EvidenceJob.objects.create(document=DocumentFactory(), owner=owner, lease_until=lease_until))
