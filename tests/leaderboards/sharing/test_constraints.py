"""Attacks on what must never be false of what is shared; each goes past the services, straight to the tables."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from annotations.models import Study
from leaderboards.models import PublicBoard, SharedLink
from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db
SHOWN = {"made_by": "owner", "report": True}


@pytest.fixture
def study():
    return StudyFactory(status="closed")


def link(study, **values):
    now = timezone.now()
    usual = {"prefix": "0123456789ab", "digest": "0" * 64, "created_at": now, "expires_at": now + timedelta(days=1)}
    return SharedLink.objects.create(study=study, **(SHOWN | usual | values))


def public(study, **values):
    return PublicBoard.objects.create(study=study, **(SHOWN | {"created_at": timezone.now()} | values))


def refused(name):
    """Whatever the database raises, with the name of the rule."""
    return pytest.raises(DatabaseError, match=name)


@pytest.mark.parametrize("make", [link, public])
def test_a_page_is_shown(study, make):
    with refused("shows_a_page"), transaction.atomic():
        make(study, report=False, board=False)


@pytest.mark.parametrize("make", [link, public])
@pytest.mark.parametrize("status", ["draft", "open", "paused"])
def test_nothing_is_shown_while_rating_goes_on_without_a_reason(make, status):
    study = StudyFactory(status=status)
    with refused("shared_while_rating_has_reason"), transaction.atomic():
        make(study)
    make(study, insisted="The board meets today.")


@pytest.mark.parametrize("make", [link, public])
def test_the_end_of_rating_counts_as_much_as_closing(make):
    now = timezone.now()
    with refused("shared_while_rating_has_reason"), transaction.atomic():
        make(StudyFactory(closes_at=now + timedelta(days=1)))
    make(StudyFactory(closes_at=now - timedelta(days=1)))


def test_a_link_ends_after_it_began_and_has_a_digest(study):
    now = timezone.now()
    with refused("shared_link_ends_after_it_began"), transaction.atomic():
        link(study, expires_at=now - timedelta(seconds=1), created_at=now)
    with refused("shared_link_has_digest"), transaction.atomic():
        link(study, digest="")


def test_a_prefix_finds_one_link(study):
    link(study)
    with pytest.raises(DatabaseError), transaction.atomic():
        link(study)


def test_a_link_is_changed_by_revoking_and_counting_alone(study):
    made = link(study)
    row, now = SharedLink.objects.filter(pk=made.pk), timezone.now()
    attacks = (
        *({"board": not made.board}, {"texts": True}, {"comments": True}, {"digest": "1" * 64}, {"insisted": "so"}),
        *({"expires_at": now + timedelta(days=999)}, {"study": StudyFactory(status="closed")}, {"made_by": "me"}),
    )
    for changes in attacks:
        with refused("shared_link_only_ends"), transaction.atomic():
            row.update(**changes)
    assert row.update(opened=1, last_opened_at=now, minute=now, used_in_minute=1) == 1
    assert row.update(revoked_at=now) == 1


def test_a_revoked_link_stays_revoked(study):
    made = link(study, revoked_at=timezone.now())
    for value in (None, timezone.now() + timedelta(days=1)):
        with refused("shared_link_only_ends"), transaction.atomic():
            SharedLink.objects.filter(pk=made.pk).update(revoked_at=value)


def test_what_is_public_never_changes_and_is_there_once(study):
    public(study)
    for changes in ({"trust": True}, {"insisted": "so"}, {"study": StudyFactory(status="closed")}):
        with refused("public_board_never_changes"), transaction.atomic():
            PublicBoard.objects.filter(study=study).update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        public(study)


def test_a_deleted_study_takes_its_links_along(study):
    link(study)
    public(study)
    Study.objects.get(pk=study.pk).delete()
    assert (SharedLink.objects.count(), PublicBoard.objects.count()) == (0, 0)
