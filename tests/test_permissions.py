"""Who may do what: every address of the site, tried by everybody. docs/permissions.md is the same table for people."""

import uuid
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from annotations.models import Membership, Study
from annotations.people.invitations import invite
from annotations.people.joining import join
from annotations.people.links import invitation_path, personal_path
from annotations.rating.assignment import next_assignment
from api.tokens import make_token
from leaderboards.files.jobs import path_of
from leaderboards.models.releases import ExportJob, Release
from leaderboards.releases.build import folder_of, zip_of
from models_runner.models import FineTuning, ImportDraft, Trial
from tests.annotations.helpers import make_gold
from tests.factories import SystemFactory, UserFactory, make_study

# Hundreds of rows of rights, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROLES = ("stranger", "annotator", "outsider", "other owner", "researcher", "owner", "staff")

# What each role gets. in: the page, or a redirect that is not to the login; login; 403; 404. Who rates in a study and has
# work left in it is shown no result of it, and may not manage it.
EVERYBODY = ("in",) * 7
STAFF = ("login", "403", "403", "403", "403", "403", "in")
STAFF_OR_LOGIN = ("login",) * 6 + ("in",)
LOGGED_IN = ("login",) + ("in",) * 6
MEMBERS = ("login", "403", "404", "404", "in", "in", "in")
OWNERS = ("login", "403", "404", "404", "403", "in", "in")
RESULTS = ("login", "404", "404", "404", "in", "in", "in")
# Of the outsider here: somebody else's is not there, whoever asks.
ONES_OWN = ("login", "404", "in", "404", "404", "404", "404")
# Of who rates in the study; where an account does not, there is nothing to stop.
ONES_RATING = ("login", "in", "404", "404", "404", "404", "404")
OWNED = ("login", "404", "404", "404", "403", "in", "in")
# For everybody with an account, but for who has work left in the study.
PUBLISHED = ("login", "404", "in", "in", "in", "in", "in")
# By the browser's own cookie, not by account.
JOINED = ("403", "in", "403", "403", "403", "403", "403")

TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "home": ("GET", EVERYBODY),
    "healthz": ("GET", EVERYBODY),
    "login": ("GET", EVERYBODY),
    "logout": ("POST", EVERYBODY),
    "set-language": ("POST", EVERYBODY),
    "remove-example": ("POST", STAFF),
    "patterns": ("GET", STAFF),
    "datasets": ("GET", STAFF),
    "dataset": ("GET", STAFF),
    "dataset_rename": ("POST", STAFF),
    "dataset_delete": ("POST", STAFF),
    "import_meetings": ("GET", STAFF),
    "import_draft": ("GET", STAFF),
    "document": ("GET", STAFF),
    "document_delete": ("POST", STAFF),
    "systems": ("GET", STAFF),
    "system": ("GET", STAFF),
    "new_system": ("GET", STAFF),
    "trial": ("GET", STAFF),
    "runs": ("GET", STAFF),
    "run": ("GET", STAFF),
    "summary": ("GET", STAFF),
    "run_cancel": ("POST", STAFF),
    "run_resume": ("POST", STAFF),
    "run_retry": ("POST", STAFF),
    "finetunings": ("GET", STAFF),
    "finetuning": ("GET", STAFF),
    "finetuning_cancel": ("POST", STAFF),
    "finetuning_resume": ("POST", STAFF),
    "join": ("GET", EVERYBODY),
    "resume": ("GET", EVERYBODY),
    "rate": ("GET", JOINED),
    "vote": ("POST", JOINED),
    "remark": ("POST", JOINED),
    "undo": ("POST", JOINED),
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
    "new-study": ("GET", STAFF_OR_LOGIN),
    "new-study-live": ("POST", STAFF_OR_LOGIN),
    "compare-summaries": ("GET", STAFF),
    "study": ("GET", MEMBERS),
    "study-settings": ("GET", MEMBERS),
    "study-history": ("GET", MEMBERS),
    "change-study-status": ("POST", MEMBERS),
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
    "invitations-csv": ("GET", OWNERS),
    "work-csv": ("GET", OWNERS),
    "study-asking": ("GET", OWNERS),
    "answers-csv": ("GET", OWNERS),
    "revoke": ("POST", OWNERS),
    "board": ("GET", RESULTS),
    "board-status": ("GET", RESULTS),
    "board-wins": ("GET", RESULTS),
    "board-json": ("GET", RESULTS),
    "board-table": ("GET", RESULTS),
    "board-ratings": ("GET", RESULTS),
    "api-docs": ("GET", EVERYBODY),
    "api-openapi": ("GET", EVERYBODY),
    "api-tokens": ("GET", LOGGED_IN),
    "revoke-api-token": ("POST", ONES_OWN),
    "figures": ("GET", RESULTS),
    "figure": ("GET", RESULTS),
    "small-versus-large": ("GET", RESULTS),
    "planning": ("GET", RESULTS),
    "trust": ("GET", RESULTS),
    "trust-json": ("GET", RESULTS),
    "trust-votes": ("GET", RESULTS),
    "combined": ("GET", RESULTS),
    "combined-json": ("GET", RESULTS),
    "exports": ("GET", RESULTS),
    "start-export": ("POST", RESULTS),
    "export-file": ("GET", RESULTS),
    "retry-export": ("POST", RESULTS),
    "study-releases": ("GET", RESULTS),
    "make-release": ("POST", RESULTS),
    "releases": ("GET", LOGGED_IN),
    "release": ("GET", PUBLISHED),
    "release-zip": ("GET", PUBLISHED),
    "release-file": ("GET", PUBLISHED),
    "retry-release": ("POST", RESULTS),
    "publish-release": ("POST", OWNED),
    "set-doi": ("POST", OWNED),
    "delete-release": ("POST", OWNED),
}


@dataclass
class World:
    clients: dict[str, Client]
    args: dict[str, list[Any]]
    data: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_world()


@pytest.fixture
def world(made):
    """As it was made, whatever another test did with it: rows, sessions, and the files of the release and the export."""
    write_release_files(Release.objects.get())
    write_export_file(ExportJob.objects.get())
    return World({role: copied(client) for role, client in made.clients.items()}, made.args, made.data)


def copied(client):
    again = Client()
    again.cookies = deepcopy(client.cookies)
    return again


def make_world():
    study = make_study(systems=2, documents=2)
    users = {role: UserFactory(is_staff=role == "staff") for role in ROLES if role != "stranger"}
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
    tuning = FineTuning.objects.create(name="tuned", base=SystemFactory(), dataset=study.dataset, method="lora")
    trial = Trial.objects.create(kind="connection", record={"slug": "far"}, created_by="staff")
    draft = ImportDraft.objects.create(file_names=[], options={"format": "auto", "language": "en"}, created_by="staff")
    release = published_release(study)
    export = written_export(study)
    fitting = {
        "run": [summary.run_id],
        "finetuning": [tuning.name],
        "dataset": [study.dataset.name],
        "document": [summary.document_id],
        "compare-summaries": [summary.document_id],
        "system": [summary.run.system.slug],
        "trial": [trial.pk],
        "import_draft": [draft.public_id],
        "summary": [summary.pk],
        "join": [invitation_path(study).split("/")[-2]],
        "resume": [personal_path(join(study)).split("/")[-2]],
        "remove-member": [study.slug, member.pk],
        "exclusion": [study.slug, annotator.number],
        "annotator": [study.slug, annotator.number],
        "revoke": [study.slug, invitation.public_id],
        "board-table": [study.slug, "csv"],
        "board-ratings": [study.slug, "csv"],
        "figure": [study.slug, "pareto", "json"],
        "export-file": [export.public_id],
        "retry-export": [export.public_id],
        "retry-release": [study.slug, release.version],
        "release-file": [study.slug, release.version, "README.md"],
        "make-gold": [study.slug, gold.comparison_id],
        "pair": [study.slug, gold.comparison_id],
        "change-gold": [study.slug, gold.pk],
        "revoke-api-token": [make_token(users["outsider"], "notebook", "read")[0].pk],
    }
    args = {name: fitting.get(name, fitting.get(name.split("_")[0], [])) for name in TABLE}
    args |= {name: [study.public_id] for name, (_, roles) in TABLE.items() if roles == JOINED}
    args["practice"] = [study.public_id, token]
    args["leave-study"] = [study.public_id]
    for name in ("release", "release-zip", "publish-release", "set-doi", "delete-release"):
        args[name] = [study.slug, release.version]
    args |= {
        name: [study.slug]
        for name, (_, roles) in TABLE.items()
        if roles in (MEMBERS, OWNERS, RESULTS, ONES_RATING) and name not in fitting
    }
    vote = {"token": token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
    data = {
        "vote": vote,
        "remark": {"token": token, "kind": "comment", "text": "Fine.", "client_key": uuid.uuid4()},
        "undo": {"client_key": uuid.uuid4()},
        "next": {"after": token},
        "change-study-status": {"change": "pause"},
        "add-member": {"username": users["outsider"].username, "role": "researcher"},
        "invite": {"kind": "link"},
        "add-attention-checks": {"n": 1, "purpose": "gold", "questions": ["overall"]},
        "change-gold": {"change": "off"},
        "exclusion": {"change": "include"},
        "exclusions": {"change": "include"},
        "start-export": {"format": "jsonl"},
        "make-release": {"name": "ratings", "version": "2.0", "licence": "MIT"},
        "set-doi": {"doi": "10.5281/zenodo.1"},
    }
    return World(clients, args, data)


def published_release(study):
    """One whose files are no more than there."""
    return Release.objects.create(
        study=study,
        name="ratings",
        version="1.0",
        created_by="owner",
        status="done",
        publication="published",
        published_at=timezone.now(),
        file_bytes=3,
        sha256="0" * 64,
    )


def write_release_files(release):
    folder_of(release).mkdir(parents=True, exist_ok=True)
    (folder_of(release) / "README.md").write_text("---\n---\n# Ratings")
    zip_of(release).write_bytes(b"zip")


def written_export(study):
    chosen = {"criterion": None, "since": None, "include_flagged": False, "include_excluded": False, "votes": "each"}
    return ExportJob.objects.create(
        study=study,
        format="jsonl",
        created_by="owner",
        options=chosen,
        status="done",
        file_bytes=0,
        expires_at=timezone.now() + timezone.timedelta(days=1),
    )


def write_export_file(export):
    path_of(export).parent.mkdir(parents=True, exist_ok=True)
    path_of(export).write_bytes(b"")


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
            continue  # Django's own, for staff; and programs, in tests/api/test_permissions.py
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
    response = world.clients["staff"].get(reverse(name, args=world.args[name]))
    assert response.status_code == 405
