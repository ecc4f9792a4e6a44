"""Who may do what: every address of the site, tried by everybody. docs/permissions.md is the same table for people."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.invitations import invite as invite_account
from accounts.passwords import reset_path
from accounts.roles import give_role
from annotations.models import Membership, Study
from annotations.people.invitations import invite
from annotations.people.joining import join
from annotations.people.links import invitation_path, personal_path
from annotations.people.new_members import invite_member
from annotations.rating.assignment import next_assignment
from api.tokens import make_token
from judges.judging.lifecycle import Asked, start_judging, start_judging_dataset
from leaderboards.sharing.links import make_link
from leaderboards.sharing.public import make_public
from marks.kinds.storing import ensure_library
from marks.marking.recording import NewMark, record_mark
from models_runner.models import FineTuning, ImportDraft, Trial
from tests.addresses import TABLE
from tests.annotations.helpers import make_gold
from tests.factories import SystemFactory, UserFactory, make_study
from tests.judges.files import judge
from tests.rights import (
    INVITING_OWNERS,
    JOINED,
    MEMBERS,
    ONES_RATING,
    OWNERS,
    ROLES,
    SITE_ROLES,
    Browsers,
    World,
)
from tests.written import export_file, published_release, release_files, write, written_export

# Hundreds of rows of rights, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

OF_AN_ACCOUNT = ("one-account", "change-role", "change-activity", "reset-link", "reset-two-factor")


# What they show is computed by whoever asks first, who here would be each of their tests.
COMPUTED = ("board", "report", "trust", "combined", "planning", "small-versus-large", "errors")


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        world = make_world()
        for name in COMPUTED:
            world.clients["administrator"].get(reverse(name, args=world.args[name]))
        return world


@pytest.fixture
def world(made, settings):
    """As it was made, whatever another test did with it: rows, sessions, and the files of the release and the export."""
    settings.PUBLIC_BOARDS = True
    write(made.files)
    return World(Browsers(made.clients), made.args, made.data, made.files)


def make_world():
    study = make_study(systems=2, documents=2, ask_marks="optional")
    users = {role: UserFactory() for role in ROLES if role != "stranger"}
    for role, site_role in SITE_ROLES.items():
        give_role(users[role], site_role)
    clients = {role: Client() for role in ROLES}
    for role, user in users.items():
        clients[role].force_login(user)
    for role in ("owner", "researcher"):
        Membership.objects.create(study=study, user=users[role], role=role)
    member = Membership.objects.create(study=study, user=UserFactory(), role="researcher")
    other = Study.objects.create(slug="other", title="other", dataset=study.dataset)
    Membership.objects.create(study=other, user=users["other owner"], role="owner")
    clients["annotator"].post(invitation_path(study))
    annotator = study.annotators.get(user=users["annotator"])
    token = next_assignment(annotator).token
    gold = make_gold(study.comparisons.filter(assignments=None).first())
    summary = study.comparisons.first().summary_a
    (invitation,) = invite(study, "link", None)
    _, account_token = invite_account(None, "researcher")
    invited = invite_member(study, "researcher", None)[0].invited_member
    tuning = FineTuning.objects.create(name="tuned", base=SystemFactory(), dataset=study.dataset, method="lora")
    trial = Trial.objects.create(kind="connection", record={"slug": "far"}, created_by="staff")
    draft = ImportDraft.objects.create(file_names=[], options={"format": "auto", "language": "en"}, created_by="staff")
    release = published_release(study)
    export = written_export(study)
    pages, reason = ["report", "board", "wins", "trust"], "The table asks."
    ends = timezone.now() + timedelta(days=1)
    link, token_of_link = make_link(study, users["owner"], pages, ends, insist=True, reason=reason)
    make_public(study, users["owner"], pages, insist=True, reason=reason)
    judging = start_judging(judge(), study, Asked())
    of_dataset = start_judging_dataset(judging.judge, study.dataset, Asked())
    fitting = {
        **{name: [study.dataset.name] for name in ("dataset-judges", "ask-dataset-judge")},
        **{name: [study.dataset.name, of_dataset.pk] for name in ("dataset-judge", "change-dataset-judging")},
        "study-judge": [study.slug, judging.judge_id],
        "change-judging": [study.slug, judging.judge_id],
        "shared": [token_of_link],
        "revoke-shared-link": [study.slug, link.pk],
        "run": [summary.run_id],
        "finetuning": [tuning.name],
        "dataset": [study.dataset.name],
        "document": [summary.document_id],
        "compare-summaries": [summary.document_id],
        "system": [summary.run.system.slug],
        "system_change": [summary.run.system.slug],
        "system_delete": [summary.run.system.slug],
        "trial": [trial.pk],
        "import_draft": [draft.public_id],
        "summary": [summary.pk],
        "join": [invitation_path(study).split("/")[-2]],
        "resume": [personal_path(join(study)).split("/")[-2]],
        "remove-member": [study.slug, member.pk],
        "exclusion": [study.slug, annotator.number],
        "annotator": [study.slug, annotator.number],
        "revoke": [study.slug, invitation.public_id],
        "revoke-member": [study.slug, invited.pk],
        "invited": [account_token],
        "new-address": ["no-such-link"],
        "new-password": reset_path(users["outsider"]).strip("/").split("/")[-2:],
        "revoke-account-invitation": [invited.invitation_id],
        **{name: [users["outsider"].pk] for name in OF_AN_ACCOUNT},
        "board-table": [study.slug, "csv"],
        "board-ratings": [study.slug, "csv"],
        "looks-file": [study.slug, "csv"],
        "figure": [study.slug, "pareto", "json"],
        "export-file": [export.public_id],
        "retry-export": [export.public_id],
        "retry-release": [study.slug, release.version],
        "release-file": [study.slug, release.version, "README.md"],
        "make-gold": [study.slug, gold.comparison_id],
        "pair": [study.slug, gold.comparison_id],
        "change-gold": [study.slug, gold.pk],
        "gold-marks": [study.slug, gold.pk],
        "revoke-api-token": [make_token(users["outsider"], "notebook", "read")[0].pk],
    }
    args = {name: fitting.get(name, fitting.get(name.split("_")[0], [])) for name in TABLE}
    args |= {name: [token_of_link] for name in TABLE if name.startswith("shared-")}
    args |= {name: [study.slug] for name in TABLE if name.startswith("public-") and name != "public-boards"}
    args |= {name: [study.public_id] for name, (_, roles) in TABLE.items() if roles in (JOINED, ONES_RATING)}
    args["practice"] = [study.public_id, token]
    args["leave-study"] = [study.public_id]
    args["sharing"] = args["change-public"] = [study.slug]
    args |= {
        name: [study.slug]
        for name, (_, roles) in TABLE.items()
        if roles in (MEMBERS, OWNERS, INVITING_OWNERS) and name not in fitting
    }
    for name in ("release", "release-zip", "publish-release", "set-doi", "delete-release"):
        args[name] = [study.slug, release.version]
    mark = {"token": token, "side": "left", "error_kind": "missing decision", "severity": "minor"}
    mark_key = _marked(study, token)
    vote = {"token": token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4(), "after": token}
    data = {
        "vote": vote,
        "remark": {"token": token, "kind": "comment", "text": "Fine.", "client_key": uuid.uuid4(), "after": token},
        "undo": {"client_key": uuid.uuid4()},
        "add-mark": mark | {"client_key": uuid.uuid4()},
        "take-back-mark": {"token": token, "mark": mark_key, "client_key": uuid.uuid4()},
        "read-for-errors": {"token": token},
        "no-error-to-mark": {"token": token},
        "next": {"after": token},
        "change-study-status": {"change": "pause"},
        "add-member": {"username": users["outsider"].username, "role": "researcher"},
        "invite": {"kind": "link"},
        "invite-member": {"role": "researcher"},
        "invite-account": {"role": "member", "study_role": "researcher", "days": "7"},
        "set-language": {"language": "en"},
        "change-role": {"role": "researcher"},
        "change-activity": {"change": "deactivate"},
        "change-two-factor": {"change": "off"},
        "add-attention-checks": {"n": 1, "purpose": "gold", "questions": ["overall"]},
        "change-gold": {"change": "off"},
        "record-protocol": {"criterion": "overall"},
        "exclusion": {"change": "include"},
        "exclusions": {"change": "include"},
        "start-export": {"format": "jsonl"},
        "change-public": {"change": "down"},
        "ask-judge": {"judge": "strict", "criteria": ["overall"]},
        "direct-people": {"documents": "1"},
        "change-judging": {"change": "resume"},
        "ask-dataset-judge": {"judge": "strict", "criteria": ["overall"], "instruction": "medium"},
        "change-dataset-judging": {"change": "resume"},
        "make-release": {"name": "ratings", "version": "2.0", "licence": "MIT"},
        "set-doi": {"doi": "10.5281/zenodo.1"},
    }
    return World(clients, args, data, release_files(release) | export_file(export))


def _marked(study, token):
    """The key of a mark on this pair."""
    ensure_library(study)
    new = NewMark(token, "left", "missing decision", "minor", uuid.uuid4())
    record_mark(study.annotators.get(assignments__token=token), new)
    return new.client_key


def got(response):
    if response.status_code == 302 and response["Location"].startswith(reverse("login")):
        return "login"
    return "in" if response.status_code < 400 else str(response.status_code)


def test_every_address_is_in_the_table():
    names = {pattern.name for pattern in _patterns(get_resolver()) if pattern.name}
    assert names == set(TABLE)


def _patterns(resolver):
    for pattern in resolver.url_patterns:
        if str(pattern.pattern) in ("admin/", "api/v1/"):
            continue  # Django's own, for operators; and programs, in tests/api/test_permissions.py
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern)
        else:
            yield pattern


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", [name for name in TABLE if name != "undo"])
def test_everybody_gets_what_the_table_says(world, name, role):
    method, expected = TABLE[name]
    send = getattr(world.clients[role], method.lower())
    response = send(reverse(name, args=world.args[name]), world.data.get(name, {}))
    assert got(response) == expected[ROLES.index(role)]


@pytest.mark.parametrize("role", ROLES)
def test_undo_needs_an_answer_of_ones_own(world, role):
    url, client = reverse("undo", args=world.args["undo"]), world.clients[role]
    world.clients["annotator"].post(reverse("vote", args=world.args["vote"]), world.data["vote"])
    expected = TABLE["undo"][1][ROLES.index(role)]
    assert got(client.post(url, world.data["undo"])) == expected


@pytest.mark.parametrize(
    "name",
    [name for name, (method, _) in TABLE.items() if method == "POST" and name not in ("logout", "preview-answer")],
)
def test_what_changes_something_takes_no_get(world, name):
    response = world.clients["administrator"].get(reverse(name, args=world.args[name]))
    assert response.status_code == 405
