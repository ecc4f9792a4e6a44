"""A posted value that is wrong or missing is answered by what was expected, never by a redirect that says nothing."""

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import AccountEvent
from tests.addresses import TABLE
from tests.test_permissions import made, world  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

WRONG = "no-such-value"
# What the table of rights posts; and the fields of pages that it only opens.
OF_PAGES = {
    "set-language": {"language": "en"},
    "new_system": {"do": "create"},
    "import_draft": {"do": "correct"},
    "new-from-protocol": {"do": "plan", "text": "punchweight_protocol: 1"},
    "change-public": {"change": "down"},
    "dataset_rename": {"name": "renamed"},
}
# Words of one's own, of which none is wrong, or that may be left out; and a choice that is not made.
OF_ONES_OWN = {
    *(("remark", "text"), ("make-release", "name"), ("make-release", "version"), ("make-release", "licence")),
    *(("dataset_rename", "name"), ("new-from-protocol", "text")),
}
MAY_BE_MISSING = {
    *(("make-release", "version"), ("change-public", "change"), ("record-protocol", "criterion"), ("remark", "text")),
    *(("new-from-protocol", "do"), ("next", "after"), ("invite-account", "study_role"), ("start-export", "format")),
    *(("vote", "after"), ("remark", "after")),
}


def posted(world, name):  # noqa: F811
    return {**world.data.get(name, {}), **OF_PAGES.get(name, {})}


def fields(world):  # noqa: F811
    for name in TABLE:
        if TABLE[name][0] == "POST" or name in OF_PAGES:
            for field in posted(world, name):
                yield name, field


def says_why(answer):
    """Whether it is a refusal, the page with its errors, or at least tells on the next page."""
    if answer.status_code >= 400:
        return True
    return any(message.level_tag in ("error", "warning") for message in get_messages(answer.wsgi_request))


def send(world, name, values):  # noqa: F811
    client = world.clients["annotator" if TABLE[name][1][0] == "403" else "administrator"]
    query = {"adapter": "extractive"} if name == "new_system" else {}
    return client.post(reverse(name, args=world.args[name], query=query), values)


def test_wrong_and_missing_values_are_answered(world):  # noqa: F811
    silent = {}
    for name, field in fields(world):
        wrong = posted(world, name) | {field: WRONG}
        missing = {key: value for key, value in posted(world, name).items() if key != field}
        if (name, field) not in OF_ONES_OWN and not says_why(answer := send(world, name, wrong)):
            silent[(name, field, "wrong")] = answer.status_code
        if (name, field) not in MAY_BE_MISSING and not says_why(answer := send(world, name, missing)):
            silent[(name, field, "missing")] = answer.status_code
    assert silent == {}


@pytest.mark.parametrize("role", ["", "king", "Researcher"])
def test_an_unknown_role_is_refused_on_the_page(world, role):  # noqa: F811
    user = User.objects.get(pk=world.args["change-role"][0])
    before = AccountEvent.objects.count()
    answer = world.clients["administrator"].post(reverse("change-role", args=[user.pk]), {"role": role})
    assert answer.status_code == 400
    assert answer.context["form"].errors["role"]
    assert "error" in answer.content.decode()
    assert AccountEvent.objects.count() == before


@pytest.mark.parametrize("change", ["", "delete", None])
def test_an_unknown_change_deactivates_nobody(world, change):  # noqa: F811
    user = User.objects.get(pk=world.args["change-activity"][0])
    data = {} if change is None else {"change": change}
    answer = world.clients["administrator"].post(reverse("change-activity", args=[user.pk]), data)
    assert answer.status_code == 400
    assert "expected deactivate or reactivate" in answer.content.decode()
    user.refresh_from_db()
    assert user.is_active


def test_a_refusal_is_no_markup(world):  # noqa: F811
    slug = world.args["change-study-status"]
    answer = world.clients["administrator"].post(
        reverse("change-study-status", args=slug), {"change": "<script>alert(1)</script>"}
    )
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")
