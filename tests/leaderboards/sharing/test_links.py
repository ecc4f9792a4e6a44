"""Make, find, count and revoke links; put a study in public. Every change stands in the study's history."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leaderboards.models import PublicBoard, SharedLink
from leaderboards.sharing.links import count_opening, find_link, make_link, revoke_link
from leaderboards.sharing.public import make_public, take_down, visible_boards
from leaderboards.sharing.rules import SharingError
from tests.factories import StudyFactory, UserFactory
from tests.leaderboards.shared import link_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return StudyFactory(status="closed")


@pytest.fixture
def owner():
    return UserFactory(username="owner")


def history(study):
    return list(study.audit_entries.order_by("pk").values_list("actor", "action", "subject"))


def test_the_token_is_not_stored_and_finds_its_link(study):
    link, token = link_to(study)
    assert find_link(token) == link
    assert find_link(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert find_link("") is None
    stored = [str(value) for value in SharedLink.objects.values().get().values()]
    assert not [value for value in stored if token in value or token.split("_", 2)[2] in value]


def test_a_link_says_who_made_it_and_the_history_what_it_shows(study, owner):
    link, _ = link_to(study, "report", "trust", by=owner, label=" The board ")
    assert (link.made_by, link.label, link.pages, link.insisted) == ("owner", "The board", ["report", "trust"], "")
    assert revoke_link(link, owner)
    assert not revoke_link(link, owner)
    assert history(study) == [
        ("owner", "shared", "link made: Decision report, Trust"),
        ("owner", "shared", "link revoked: Decision report, Trust"),
    ]


@pytest.mark.parametrize("status", ["draft", "open", "paused"])
def test_while_rating_goes_on_only_who_insists_and_says_why(status, owner):
    study = StudyFactory(status=status)
    with pytest.raises(SharingError, match="Rating is not over"):
        link_to(study, "board")
    with pytest.raises(SharingError, match="Say why"):
        link_to(study, "board", insist=True, reason="  ")
    link, _ = link_to(study, "board", by=owner, insist=True, reason=" The board meets today. ")
    assert link.insisted == "The board meets today."
    subject = "link made: Leaderboard; although rating went on: The board meets today."
    assert history(study) == [("owner", "shared", subject)]


def test_a_reason_that_is_not_needed_is_not_kept(study):
    link, _ = link_to(study, "board", insist=True, reason="Just so.")
    assert link.insisted == ""


def test_a_link_shows_a_page_and_ends_later(study, owner):
    with pytest.raises(SharingError, match="No page is chosen"):
        link_to(study, "unheard-of")
    with pytest.raises(SharingError, match="in the past"):
        make_link(study, owner, ["board"], timezone.now() - timedelta(seconds=1))
    assert not SharedLink.objects.exists()
    assert history(study) == []


def test_openings_are_counted_and_end_at_the_limit_of_a_minute(study, settings):
    settings.SHARED_REQUESTS_PER_MINUTE = 2
    link, _ = link_to(study)
    now = timezone.now().replace(second=30)
    assert [count_opening(link, now) for _ in range(3)] == [True, True, False]
    assert count_opening(link, now + timedelta(minutes=1))
    link.refresh_from_db()
    assert (link.opened, link.last_opened_at) == (3, now + timedelta(minutes=1))


def test_public_is_what_was_chosen_last_until_it_is_taken_down(study, owner):
    make_public(study, owner, ["board"])
    make_public(study, owner, ["report"], texts=True)
    assert [(one.pages, one.texts) for one in PublicBoard.objects.all()] == [(["report"], True)]
    assert take_down(study, owner)
    assert not take_down(study, owner)
    assert [subject for _, _, subject in history(study)] == [
        "made public: Leaderboard",
        "made public: Decision report",
        "public no longer",
    ]


def test_a_study_that_is_opened_again_is_not_public_meanwhile(study, owner):
    make_public(study, owner, ["board"])
    now = timezone.now()
    assert visible_boards(now).count() == 1
    type(study).objects.filter(pk=study.pk).update(status="open")
    assert visible_boards(now).count() == 0
    type(study).objects.filter(pk=study.pk).update(closes_at=now)
    assert visible_boards(now).count() == 1


def test_public_while_rating_goes_on_only_who_insists(owner):
    study = StudyFactory()
    with pytest.raises(SharingError, match="Rating is not over"):
        make_public(study, owner, ["board"])
    make_public(study, owner, ["board"], insist=True, reason="We always show it.")
    assert visible_boards(timezone.now()).count() == 1
    assert "although rating went on: We always show it." in history(study)[0][2]
