from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Invitation, Study
from annotations.people.invitations import InvitationError, NotInvitedError, accept, invite, revoke
from annotations.people.links import invitation_path, single_path
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=2, documents=2)


def one(study, kind="link", **values):
    return invite(study, kind, None, **values)[0]


def refusal(invitation, external_id=""):
    with pytest.raises(NotInvitedError) as refused:
        accept(invitation, invitation.study, None, external_id)
    return str(refused.value)


# ---- inviting


def test_every_address_gets_a_link_for_one_person(study):
    made = invite(study, "email", None, addresses=["a@example.org", " b@example.org ", "", "a@example.org"])
    assert [(i.label, i.max_uses) for i in made] == [("a@example.org", 1), ("b@example.org", 1)]
    assert study.audit_entries.get().subject == "2 invitations made: A link for one person each"


def test_an_address_in_other_case_is_the_same_person(study):
    made = invite(study, "email", None, addresses=["Ada@Example.org", "bo@example.org", "ada@example.org"])
    assert [one.label for one in made] == ["Ada@Example.org", "bo@example.org"]


def test_who_is_invited_already_gets_no_second_link(study):
    first, second = invite(study, "email", None, addresses=["ada@example.org", "bo@example.org"])
    with pytest.raises(InvitationError, match=r"Already invited: Ada@example.org\. .* Nobody was invited"):
        invite(study, "email", None, addresses=["Ada@example.org", "cleo@example.org"])
    assert study.invitations.count() == 2
    revoke(first, None)
    assert len(invite(study, "email", None, addresses=["Ada@example.org"])) == 1
    Invitation.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert len(invite(study, "email", None, addresses=["bo@example.org"])) == 1
    Invitation.objects.filter(label="bo@example.org").update(expires_at=timezone.now() - timedelta(days=1), uses=1)
    many = [f"p{n}@example.org" for n in range(5)]
    invite(study, "email", None, addresses=many)
    with pytest.raises(InvitationError, match="and 3 more"):
        invite(study, "email", None, addresses=["bo@example.org", *many])


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("email", {"addresses": []}, "No address"),
        ("email", {"addresses": ["a@example.org", "nobody"]}, "'nobody' is not an e-mail address"),
        ("email", {"addresses": [f"p{n}@example.org" for n in range(501)]}, "at most 500"),
        ("external", {"id_parameter": "a b"}, "not the name of an address parameter"),
        ("external", {}, "not the name of an address parameter"),
        ("email", {"addresses": [f"{'a' * 189}@example.org"]}, "is not an e-mail address"),
        ("email", {"addresses": ["a@example.org"], "label": "students"}, "A label is given"),
        ("link", {"addresses": ["a@example.org"]}, "choose “A link for one person each”"),
        ("external", {"addresses": ["a@example.org"], "id_parameter": "PID"}, "choose “A link for one person each”"),
        ("link", {"id_parameter": "PROLIFIC_PID"}, "choose “A recruiting platform"),
        ("link", {"max_uses": 10**30}, "at most 1,000,000"),
        ("link", {"expires_at": timezone.now() - timedelta(days=1)}, "in the past"),
    ],
)
def test_what_makes_no_invitation_is_named(study, kind, values, message):
    with pytest.raises(InvitationError, match=message):
        invite(study, kind, None, **values)
    assert not Invitation.objects.exists()


# ---- joining


def test_a_link_lets_in_so_many(study):
    invitation = one(study, max_uses=2)
    for _ in range(2):
        accept(Invitation.objects.get(), study, None)
    assert "has been used" in refusal(Invitation.objects.get())
    assert study.annotators.filter(invitation=invitation).count() == 2


def test_the_last_use_is_used_once(study):
    """Two who read the row at the same moment."""
    one(study, max_uses=1)
    first, second = Invitation.objects.get(), Invitation.objects.get()
    accept(first, study, None)
    assert "a moment ago" in refusal(second)
    assert study.annotators.count() == 1


def test_an_expired_or_revoked_link_lets_nobody_in(study):
    expired = one(study, expires_at=timezone.now() + timedelta(hours=1))
    Invitation.objects.update(expires_at=timezone.now())
    expired.refresh_from_db()
    assert "expired" in refusal(expired)
    revoked = one(study)
    revoke(revoked, None)
    revoked.refresh_from_db()
    assert "revoked this invitation" in refusal(revoked)


def test_the_history_names_no_address(study):
    for invitation in (
        one(study, "email", addresses=["ada@example.org"]),
        one(study, label="Reading group"),
        one(study),
    ):
        revoke(invitation, None)
    assert [entry.subject for entry in study.audit_entries.order_by("pk") if "revoked" in entry.subject] == [
        "revoked: A link for one person each",
        "revoked: Reading group",
        "revoked: A link for several people",
    ]


def test_a_platforms_person_is_one_annotator(study):
    invitation = one(study, "external", id_parameter="PROLIFIC_PID", max_uses=2)
    first = accept(invitation, study, None, "5f1e")
    assert accept(Invitation.objects.get(), study, None, "5f1e") == first
    assert accept(Invitation.objects.get(), study, None, "77aa") != first
    assert Invitation.objects.get().uses == 2
    assert "PROLIFIC_PID is missing" in refusal(one(study, "external", id_parameter="PROLIFIC_PID"))


def test_an_account_is_one_annotator_whatever_the_link(study):
    user = UserFactory()
    first = accept(one(study, max_uses=1), study, user)
    assert accept(one(study, max_uses=1), study, user) == first
    assert sorted(Invitation.objects.values_list("uses", flat=True)) == [0, 1]


# ---- in the browser


def test_the_open_link_can_be_closed(client, study):
    Study.objects.update(open_link=False)
    answer = client.get(invitation_path(study))
    assert (answer.status_code, b"This link is closed" in answer.content) == (410, True)
    assert client.post(invitation_path(study)).status_code == 410
    assert not study.annotators.exists()


@pytest.mark.parametrize("stopped", [False, True])
def test_who_joined_a_study_that_is_closed_now_reads_so(client, study, stopped):
    client.post(invitation_path(study))
    if stopped:
        client.post(reverse("leave-study", args=[study.public_id]))
    study.status = "closed"
    study.save()
    for send in (client.get, client.post):
        assert send(invitation_path(study))["Location"] == reverse("rate", args=[study.public_id])
    page = client.get(reverse("rate", args=[study.public_id])).content.decode()
    assert "The researchers ended this study." in page
    assert "Go on rating" not in page
    assert "open the invitation again" not in page


def test_nobody_new_joins_a_closed_study(client, study):
    Study.objects.filter(pk=study.pk).update(status=Study.Status.CLOSED)
    study.refresh_from_db()
    for answer in (client.get(invitation_path(study)), client.post(invitation_path(study))):
        assert (answer.status_code, "Rating is closed" in answer.content.decode()) == (410, True)
    assert "Rating is closed" in refusal(one(study))
    assert not study.annotators.exists()


def test_a_used_link_still_leads_its_person_back(client, study):
    path = single_path(one(study, max_uses=1))
    assert client.post(path)["Location"] == reverse("rate", args=[study.public_id])
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 302
    assert Client().get(path).status_code == 410
    assert study.annotators.count() == 1


def test_a_platforms_address_says_who_it_is(client, study):
    path = single_path(one(study, "external", id_parameter="PROLIFIC_PID"))
    assert client.get(path).status_code == 410
    client.post(f"{path}?PROLIFIC_PID=5f1e")
    # Another browser of the same person, and then somebody else at the first one.
    Client().post(f"{path}?PROLIFIC_PID=5f1e")
    client.post(f"{path}?PROLIFIC_PID=77aa")
    assert sorted(study.annotators.values_list("external_id", flat=True)) == ["5f1e", "77aa"]


@pytest.mark.parametrize("unfilled", ["…", "{{%PROLIFIC_PID%}}", "${e://Field/PID}"])
def test_a_placeholder_is_nobody(client, study, unfilled):
    path = f"{single_path(one(study, 'external', id_parameter='PROLIFIC_PID'))}?{urlencode({'PROLIFIC_PID': unfilled})}"
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert "PROLIFIC_PID is missing" in answer.content.decode()
    assert not study.annotators.exists()


def test_a_placeholder_with_a_nul_is_refused_as_every_address_with_one(client, study):
    path = f"{single_path(one(study, 'external', id_parameter='PROLIFIC_PID'))}?PROLIFIC_PID=%00"
    assert (client.get(path).status_code, client.post(path).status_code) == (400, 400)
    assert not study.annotators.exists()


def test_the_completion_code_is_for_who_has_nothing_left(client, study):
    Study.objects.update(completion_code="C0FFEE", completion_url="https://example.org/done?cc=C0FFEE")
    client.post(invitation_path(study))
    rate = reverse("rate", args=[study.public_id])
    assert b"C0FFEE" not in client.get(rate).content
    study.comparisons.update(quota=1, taken=1)
    study.annotators.get().assignments.update(state="expired", slot=None, lease_until=None)
    page = client.get(rate).content.decode()
    assert "C0FFEE</strong>" in page
    assert 'href="https://example.org/done?cc=C0FFEE"' in page
