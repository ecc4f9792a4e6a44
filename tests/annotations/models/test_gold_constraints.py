"""Attacks on gold and training pairs, and on evidence; each goes past the services, straight to the tables."""

import pytest
from django.utils import timezone

from annotations.models import (
    Assignment,
    Comparison,
    EvidenceJob,
    ExpectedAnswer,
    ForeignEvidence,
    Study,
    SummaryEvidence,
)
from annotations.models.comparisons import EVERYBODY
from tests.annotations.helpers import make_gold
from tests.annotations.models.attacking import hold, refused
from tests.factories import (
    DocumentFactory,
    SummaryFactory,
)

pytestmark = pytest.mark.django_db


def test_a_purpose_is_one_of_three_and_its_quota_fits(comparison):
    refused(lambda: Comparison.objects.update(purpose="fun"))
    refused(lambda: Comparison.objects.update(purpose="gold"))  # with a quota for few
    refused(lambda: Comparison.objects.update(quota=EVERYBODY))
    Comparison.objects.update(purpose="gold", quota=EVERYBODY)


def test_nobody_is_given_a_gold_or_training_pair_without_an_expected_answer(comparison):
    Comparison.objects.update(purpose="training", quota=EVERYBODY)
    refused(lambda: hold(comparison, slot=0))
    ExpectedAnswer.objects.create(comparison=comparison, criterion=comparison.study.criteria.get(), outcome="a")
    hold(comparison, slot=0)


def test_nobody_gets_a_gold_pair_twice_nor_two_people_one_place_of_it(comparison):
    make_gold(comparison)
    first = hold(comparison, slot=0)
    refused(lambda: hold(comparison, slot=1, annotator=first.annotator))
    refused(lambda: hold(comparison, slot=0))
    refused(lambda: hold(comparison, slot=EVERYBODY))


def test_what_a_pair_is_for_is_fixed_once_somebody_was_given_it(comparison):
    hold(comparison, slot=0)
    refused(lambda: Comparison.objects.update(purpose="gold", quota=EVERYBODY))
    Assignment.objects.all().delete()
    make_gold(comparison)
    hold(comparison, slot=0)
    refused(lambda: Comparison.objects.update(purpose="rating", quota=2))


def test_an_expected_answer_is_an_outcome_given_once_and_never_changes(comparison):
    make_gold(comparison)
    about = {"comparison": comparison, "criterion": comparison.study.criteria.get()}
    refused(lambda: ExpectedAnswer.objects.create(**about, outcome="a"))
    refused(lambda: ExpectedAnswer.objects.create(**about, outcome="left"))
    refused(lambda: ExpectedAnswer.objects.update(outcome="b"))


def test_every_pair_cannot_be_gold(comparison):
    refused(lambda: Study.objects.update(gold_every=1))


def test_a_summary_has_one_foreign_evidence_in_a_document(comparison):
    about = {"summary": comparison.summary_a, "document": DocumentFactory(), "spans": []}
    refused(lambda: ForeignEvidence.objects.create(**about, signature=""))
    ForeignEvidence.objects.create(**about, signature="evidence 1|test")
    refused(lambda: ForeignEvidence.objects.create(**about, signature="evidence 1|test"))


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
