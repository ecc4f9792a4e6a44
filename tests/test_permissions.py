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
from tests.annotations.helpers import make_gold
from tests.factories import SystemFactory, UserFactory, make_study
from tests.judges.files import judge
from tests.rights import (
    ADMINISTRATORS,
    ASKED_FOR_A_PASSWORD,
    EVERYBODY,
    INVITING_OWNERS,
    JOINED,
    LEADS,
    LOGGED_IN,
    MEMBERS,
    NO_ACCOUNT,
    NO_ADDRESS_WAITS,
    NOT_INVITED,
    ONES_OWN,
    ONES_RATING,
    OWNERS,
    PUBLISHED,
    RESEARCHERS,
    ROLES,
    SITE_ROLES,
    TO_LOGIN,
    WHO_RATES_NOT,
    Browsers,
    World,
)
from tests.written import export_file, published_release, release_files, write, written_export

# Hundreds of rows of rights, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "home": ("GET", EVERYBODY),
    "healthz": ("GET", EVERYBODY),
    "readyz": ("GET", EVERYBODY),
    "metrics": ("GET", NO_ACCOUNT),
    "operations": ("GET", ADMINISTRATORS),
    "sweep-now": ("POST", ADMINISTRATORS),
    "docs": ("GET", EVERYBODY),
    "login": ("GET", EVERYBODY),
    "login-code": ("GET", TO_LOGIN),
    "logout": ("POST", EVERYBODY),
    "provider-login": ("GET", NO_ACCOUNT),
    "provider-callback": ("GET", NO_ACCOUNT),
    "provider-logout": ("GET", NO_ACCOUNT),
    "logged-out": ("GET", NO_ACCOUNT),
    "set-language": ("POST", EVERYBODY),
    "forgotten-password": ("GET", EVERYBODY),
    "password-link-sent": ("GET", EVERYBODY),
    "new-password": ("GET", EVERYBODY),
    "invited": ("GET", EVERYBODY),
    "accept-invitation": ("GET", NOT_INVITED),
    "account": ("GET", LOGGED_IN),
    "change-password": ("GET", LOGGED_IN),
    "confirm-address": ("GET", NO_ADDRESS_WAITS),
    "new-address": ("GET", LOGGED_IN),
    "cancel-address": ("POST", LOGGED_IN),
    "two-factor": ("GET", LOGGED_IN),
    "start-two-factor": ("POST", ASKED_FOR_A_PASSWORD),
    "confirm-two-factor": ("POST", LOGGED_IN),
    "change-two-factor": ("POST", LOGGED_IN),
    "end-sessions": ("POST", LOGGED_IN),
    "accounts": ("GET", ADMINISTRATORS),
    "invite-account": ("POST", ADMINISTRATORS),
    "accounts-history": ("GET", ADMINISTRATORS),
    "revoke-account-invitation": ("POST", ADMINISTRATORS),
    "one-account": ("GET", ADMINISTRATORS),
    "change-role": ("POST", ADMINISTRATORS),
    "change-activity": ("POST", ADMINISTRATORS),
    "reset-link": ("POST", ADMINISTRATORS),
    "reset-two-factor": ("POST", ADMINISTRATORS),
    "remove-example": ("POST", LEADS),
    "patterns": ("GET", RESEARCHERS),
    "datasets": ("GET", RESEARCHERS),
    "dataset": ("GET", RESEARCHERS),
    "dataset_rename": ("POST", RESEARCHERS),
    "dataset_delete": ("POST", RESEARCHERS),
    "import_meetings": ("GET", RESEARCHERS),
    "import_draft": ("GET", RESEARCHERS),
    "document": ("GET", RESEARCHERS),
    "document_delete": ("POST", RESEARCHERS),
    "systems": ("GET", RESEARCHERS),
    "system": ("GET", RESEARCHERS),
    "system_change": ("GET", RESEARCHERS),
    "system_delete": ("POST", RESEARCHERS),
    "new_system": ("GET", RESEARCHERS),
    "trial": ("GET", RESEARCHERS),
    "runs": ("GET", RESEARCHERS),
    "run": ("GET", RESEARCHERS),
    "summary": ("GET", RESEARCHERS),
    "run_cancel": ("POST", RESEARCHERS),
    "run_first": ("POST", RESEARCHERS),
    "run_resume": ("POST", RESEARCHERS),
    "run_retry": ("POST", RESEARCHERS),
    "run_scores": ("POST", RESEARCHERS),
    "finetunings": ("GET", RESEARCHERS),
    "finetuning": ("GET", RESEARCHERS),
    "finetuning_cancel": ("POST", RESEARCHERS),
    "finetuning_resume": ("POST", RESEARCHERS),
    "join": ("GET", EVERYBODY),
    "resume": ("GET", EVERYBODY),
    "rate": ("GET", JOINED),
    "vote": ("POST", JOINED),
    "remark": ("POST", JOINED),
    "undo": ("POST", JOINED),
    "add-mark": ("POST", JOINED),
    "take-back-mark": ("POST", JOINED),
    "read-for-errors": ("POST", JOINED),
    "no-error-to-mark": ("POST", JOINED),
    "next": ("GET", JOINED),
    "hold": ("POST", JOINED),
    "guess": ("GET", JOINED),
    "practice": ("GET", JOINED),
    "my-data": ("GET", JOINED),
    "languages-read": ("GET", JOINED),
    "begin": ("GET", JOINED),
    "after": ("GET", JOINED),
    "erase-me": ("POST", JOINED),
    "stop-rating": ("POST", ONES_RATING),
    "go-on-rating": ("POST", ONES_RATING),
    "leave-study": ("POST", EVERYBODY),
    "studies": ("GET", LOGGED_IN),
    "new-study": ("GET", RESEARCHERS),
    "new-study-live": ("POST", RESEARCHERS),
    "compare-summaries": ("GET", RESEARCHERS),
    "study": ("GET", MEMBERS),
    "study-settings": ("GET", MEMBERS),
    "study-history": ("GET", MEMBERS),
    "change-study-status": ("POST", MEMBERS),
    "delete-study": ("POST", OWNERS),
    "study-remarks": ("GET", MEMBERS),
    "remarks-csv": ("GET", MEMBERS),
    "study-quality": ("GET", MEMBERS),
    "annotator": ("GET", MEMBERS),
    "disagreements": ("GET", MEMBERS),
    "exclusion": ("POST", MEMBERS),
    "exclusions": ("POST", MEMBERS),
    "study-pairs": ("GET", MEMBERS),
    "pair": ("GET", MEMBERS),
    "study-gold": ("GET", MEMBERS),
    "choose-gold": ("GET", MEMBERS),
    "make-gold": ("GET", MEMBERS),
    "add-attention-checks": ("POST", MEMBERS),
    "change-gold": ("POST", MEMBERS),
    "preview": ("GET", MEMBERS),
    "preview-answer": ("POST", MEMBERS),
    "study-people": ("GET", OWNERS),
    "add-member": ("POST", OWNERS),
    "remove-member": ("POST", OWNERS),
    "invite": ("POST", OWNERS),
    "invite-member": ("POST", INVITING_OWNERS),
    "revoke-member": ("POST", OWNERS),
    "invitations-csv": ("GET", OWNERS),
    "work-csv": ("GET", OWNERS),
    "study-protocol": ("GET", MEMBERS),
    "judges": ("GET", RESEARCHERS),
    "new-judge": ("GET", RESEARCHERS),
    "dataset-judges": ("GET", RESEARCHERS),
    "dataset-judge": ("GET", RESEARCHERS),
    "ask-dataset-judge": ("POST", RESEARCHERS),
    "change-dataset-judging": ("POST", RESEARCHERS),
    "study-judges": ("GET", MEMBERS),
    "study-judge": ("GET", MEMBERS),
    "ask-judge": ("POST", MEMBERS),
    "direct-people": ("POST", MEMBERS),
    "change-judging": ("POST", MEMBERS),
    "protocol-file": ("GET", MEMBERS),
    "record-protocol": ("POST", OWNERS),
    "import-marks": ("GET", OWNERS),
    "gold-marks": ("GET", MEMBERS),
    "mark-kinds": ("GET", MEMBERS),
    "new-from-protocol": ("GET", RESEARCHERS),
    "study-asking": ("GET", OWNERS),
    "answers-csv": ("GET", OWNERS),
    "revoke": ("POST", OWNERS),
    "board": ("GET", MEMBERS),
    "board-status": ("GET", MEMBERS),
    "board-wins": ("GET", MEMBERS),
    "board-differences": ("GET", MEMBERS),
    "board-json": ("GET", MEMBERS),
    "board-table": ("GET", MEMBERS),
    "board-ratings": ("GET", MEMBERS),
    "looks-file": ("GET", MEMBERS),
    "api-docs": ("GET", EVERYBODY),
    "api-openapi": ("GET", EVERYBODY),
    "api-tokens": ("GET", LOGGED_IN),
    "revoke-api-token": ("POST", ONES_OWN),
    "report": ("GET", MEMBERS),
    "report-pdf": ("GET", MEMBERS),
    "sharing": ("GET", OWNERS),
    "revoke-shared-link": ("POST", OWNERS),
    "change-public": ("POST", OWNERS),
    "shared": ("GET", WHO_RATES_NOT),
    "shared-report": ("GET", WHO_RATES_NOT),
    "shared-report-pdf": ("GET", WHO_RATES_NOT),
    "shared-board": ("GET", WHO_RATES_NOT),
    "shared-wins": ("GET", WHO_RATES_NOT),
    "shared-trust": ("GET", WHO_RATES_NOT),
    "public-boards": ("GET", EVERYBODY),
    "public-report": ("GET", WHO_RATES_NOT),
    "public-report-pdf": ("GET", WHO_RATES_NOT),
    "public-board": ("GET", WHO_RATES_NOT),
    "public-wins": ("GET", WHO_RATES_NOT),
    "public-trust": ("GET", WHO_RATES_NOT),
    "figures": ("GET", MEMBERS),
    "figure": ("GET", MEMBERS),
    "small-versus-large": ("GET", MEMBERS),
    "planning": ("GET", MEMBERS),
    "errors": ("GET", MEMBERS),
    "errors-json": ("GET", MEMBERS),
    "trust": ("GET", MEMBERS),
    "trust-json": ("GET", MEMBERS),
    "trust-votes": ("GET", MEMBERS),
    "combined": ("GET", MEMBERS),
    "combined-json": ("GET", MEMBERS),
    "exports": ("GET", MEMBERS),
    "start-export": ("POST", MEMBERS),
    "export-file": ("GET", MEMBERS),
    "retry-export": ("POST", MEMBERS),
    "study-releases": ("GET", MEMBERS),
    "make-release": ("POST", MEMBERS),
    "releases": ("GET", LOGGED_IN),
    "release": ("GET", PUBLISHED),
    "release-zip": ("GET", PUBLISHED),
    "release-file": ("GET", PUBLISHED),
    "retry-release": ("POST", MEMBERS),
    "publish-release": ("POST", OWNERS),
    "set-doi": ("POST", OWNERS),
    "delete-release": ("POST", OWNERS),
}


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
