"""A study that holds no answers is deleted by its owners, with all that is its own; any other stays, and says why."""

import logging
import uuid

import pytest
from django.db import IntegrityError
from django.urls import reverse

from annotations.models import (
    Annotator,
    AuditEntry,
    Comparison,
    Criterion,
    Invitation,
    InvitedMember,
    Membership,
    Study,
)
from annotations.people.invitations import invite
from annotations.people.new_members import invite_member
from annotations.rating.assignment import next_assignment
from annotations.studies import settings
from annotations.studies.consent import give_consent, set_consent_text
from annotations.studies.personal_questions import parse_questions, set_questions
from judges.models import JudgingJob
from leaderboards.models import ExportJob, Release
from marks.models import Reading
from models_runner.models import Summary, System
from protocol.models import ProtocolRecord
from tests.accounts.helpers import account, browser_of
from tests.factories import AnnotatorFactory, make_study
from tests.judges.files import judge
from tests.leaderboards.shared import link_to
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=2, documents=2, slug="mistyped")


@pytest.fixture
def owner(study):
    user = account("researcher", username="ada")
    Membership.objects.create(study=study, user=user, role="owner")
    return user


def address(study):
    return reverse("delete-study", args=[study.slug])


def settings_of(study, client):
    return client.get(reverse("study-settings", args=[study.slug])).content.decode()


def fill(study, by):
    """What a study has before anybody is given a pair."""
    invite(study, "link", by, label="students")
    invite_member(study, "researcher", by)
    set_consent_text(study, "You agree.", by)
    set_questions(study, "before", parse_questions("text | What do you do?"), by)
    annotator = AnnotatorFactory(study=study)
    give_consent(annotator, Study.objects.get(pk=study.pk).consent_version)


def test_an_owner_deletes_it_with_all_that_is_its_own(study, owner, caplog):
    fill(study, owner)
    kept = make_study(systems=2, documents=1)
    used = (Summary.objects.count(), System.objects.count())
    client = browser_of(owner)
    assert f'action="{address(study)}"' in settings_of(study, client)
    with caplog.at_level(logging.INFO):
        answer = client.post(address(study), follow=True)
    assert answer.request["PATH_INFO"] == reverse("studies")
    assert "The study mistyped is deleted." in answer.content.decode()
    assert list(Study.objects.all()) == [kept]
    for model in (Comparison, Criterion, Membership, Invitation, InvitedMember, Annotator, AuditEntry):
        assert not model.objects.filter(study=study.pk).exists(), model
    assert (Summary.objects.count(), System.objects.count()) == used
    assert f"study mistyped ({study.pk}) was deleted by ada" in caplog.text


def test_a_study_that_is_shown_by_a_link_can_be_deleted(study, owner):
    Study.objects.filter(pk=study.pk).update(status="closed")
    study.refresh_from_db()
    link_to(study, by=owner)
    browser_of(owner).post(address(study))
    assert not Study.objects.exists()


def given_a_pair(study):
    assert next_assignment(AnnotatorFactory(study=study))


def asked_a_judge(study):
    JudgingJob.objects.create(judge=judge(), study=study)


def marked(study):
    summary = study.comparisons.first().summary_a
    Reading.objects.create(study=study, annotator=AnnotatorFactory(study=study), summary=summary)


def released(study):
    Release.objects.create(study=study, name="One", version="1.0", created_by="ada")


def exported(study):
    ExportJob.objects.create(study=study, created_by="ada", format="jsonl")


def recorded(study):
    ProtocolRecord.objects.create(study=study, text="a", sha256="b", plan_sha256="c", recorded_by="ada")


KEPT = [
    (given_a_pair, "Somebody has been given a pair of it."),
    (asked_a_judge, "Judges were asked about it."),
    (marked, "Errors are marked in it."),
    (released, "A release or an export was made of it."),
    (exported, "A release or an export was made of it."),
    (recorded, "Its planned analysis is on record."),
]


@pytest.mark.parametrize(("use", "why"), KEPT, ids=[use.__name__ for use, _ in KEPT])
def test_a_study_in_use_stays_and_the_page_says_why(study, owner, use, why):
    use(study)
    client = browser_of(owner)
    page = settings_of(study, client)
    assert f"The study cannot be deleted: {why}" in " ".join(page.split())
    assert address(study) not in page
    said = client.post(address(study), follow=True)
    assert said.request["PATH_INFO"] == reverse("study-settings", args=[study.slug])
    assert f"The study stays: {why}" in said.content.decode()
    assert Study.objects.filter(pk=study.pk).exists()


def test_researchers_of_the_study_see_no_button_and_are_refused(study):
    user = account("researcher")
    Membership.objects.create(study=study, user=user, role="researcher")
    client = browser_of(user)
    assert address(study) not in settings_of(study, client)
    assert client.post(address(study)).status_code == 403
    assert Study.objects.exists()


def test_a_pair_given_at_the_same_moment_keeps_the_study(study, owner, monkeypatch):
    """The database refuses to lose what the rule did not see."""

    def refuse(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(Study, "delete", refuse)
    with pytest.raises(settings.StudySetupError, match="came into use"):
        settings.delete_study(study, owner)


def test_its_links_lead_nowhere_afterwards(study):
    client, link = researcher(), reverse("rate", args=[study.public_id])
    client.post(address(study))
    assert client.get(link).status_code == 404
    assert client.get(reverse("rate", args=[uuid.uuid4()])).status_code == 404
