"""Choosing kinds of errors in the browser: what annotators are offered, and kinds of one's own with their help."""

import pytest
from django.urls import reverse

from annotations.models import AuditEntry, Membership
from annotations.people.links import invitation_path
from tests.factories import UserFactory
from tests.leaderboards.presentation.test_report import text_of
from tests.marks.files import study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return study_with_texts(ask_marks="optional")


@pytest.fixture
def page(client, study):
    user = UserFactory()
    Membership.objects.create(study=study, user=user, role="owner")
    client.force_login(user)
    return reverse("mark-kinds", args=[study.slug])


def offered(study):
    return list(study.mark_kinds.filter(asked=True).values_list("name", flat=True))


def test_own_kinds_reach_annotators_with_their_help(client, study, page):
    own = {"name": "wrong owner", "about": "words", "help_text": "Nobody gave them <this> task."}
    assert client.post(page, own).status_code == 302
    assert client.post(page, {"offer": ["wrong owner", "missing decision"]}).status_code == 302
    assert offered(study) == ["missing decision", "wrong owner"]
    assert "Nobody gave them <this> task." in text_of(client.get(page)).replace("&lt;", "<").replace("&gt;", ">")
    entry = AuditEntry.objects.filter(subject="Kinds of errors").first()
    assert entry.after == "missing decision, wrong owner"
    client.logout()
    client.post(invitation_path(study))
    shown = client.get(reverse("rate", args=[study.public_id])).content.decode()
    assert "Nobody gave them &lt;this&gt; task." in shown
    assert "Off the point" not in shown


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Choose at least one kind."),
        ({"offer": ["nonsense"]}, "is no kind of study"),
        ({"name": "Invented", "about": "whole"}, "is a kind of this study already, and is about words"),
        ({"name": "--", "about": "words"}, "has nothing that can be read in it"),
        ({"name": "", "about": "words"}, "This field is required."),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(client, study, page, sent, message):
    client.get(page)
    before = list(study.mark_kinds.values_list("key", "asked", "help_text"))
    answer = client.post(page, sent)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert list(study.mark_kinds.values_list("key", "asked", "help_text")) == before
    assert not AuditEntry.objects.filter(subject="Kinds of errors").exists()


def test_what_is_wrong_with_a_name_is_said_in_chinese(client, settings, page):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    for name, said in (("--", "没有可以读出的内容"), ("in\u2028vented", "含有换行符或其他控制字符")):
        assert said in client.post(page, {"name": name, "about": "words"}).content.decode()


def test_the_settings_lead_there_where_marks_are_asked_for(client, study, page):
    settings = reverse("study-settings", args=[study.slug])
    assert page in client.get(settings).content.decode()
    type(study).objects.update(ask_marks="off")
    assert page not in client.get(settings).content.decode()
