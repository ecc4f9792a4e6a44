"""Who may do what through the API: every operation, tried by everybody, with objects of their own and of others."""

import uuid
from copy import deepcopy

import pytest
from django.utils import timezone

from accounts.roles import give_role
from annotations.models import Membership, Study
from annotations.people.joining import join
from annotations.rating.assignment import next_assignment
from api.models import ApiToken, Webhook
from api.models.tokens import Scope
from api.site import api
from judges.judging import lifecycle
from leaderboards.models.releases import Release
from leaderboards.releases.publishing import Draft, create_draft, publish, write_files
from marks.kinds.storing import ensure_library
from marks.marking.recording import NewMark, record_mark
from tests.api.helpers import Program, document, program, rater
from tests.factories import DatasetFactory, SystemFactory, UserFactory, make_study
from tests.judges.files import judge

# Hundreds of rows of rights, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Accounts as in tests/test_permissions.py, each with a token of the widest scope; then tokens of a lead with less; then
# one to annotate. A stranger has none.
ROLES = (
    *("stranger", "annotator", "outsider", "other owner", "researcher", "owner", "modeller", "lead"),
    *("lead, read", "lead, write", "rater"),
)

LIST = ("401", *("in",) * 9, "403")
SITE_READ = ("401", *("403",) * 5, "in", "in", "in", "in", "403")
SITE_WRITE = ("401", *("403",) * 5, "in", "in", "403", "in", "403")
SITE_ADMIN = ("401", *("403",) * 5, "in", "in", "403", "403", "403")
MEMBERS_READ = ("401", "404", "404", "404", "in", "in", "404", "in", "in", "in", "403")
MEMBERS_WRITE = ("401", "404", "404", "404", "in", "in", "404", "in", "403", "in", "403")
OWNERS_WRITE = ("401", "404", "404", "404", "403", "in", "404", "in", "403", "in", "403")
OWNERS_ADMIN = ("401", "404", "404", "404", "403", "in", "404", "in", "403", "403", "403")
RESULTS = ("401", "404", "404", "404", "in", "in", "404", "in", "in", "in", "403")
RESULTS_WRITE = ("401", "404", "404", "404", "in", "in", "404", "in", "403", "in", "403")
RESULTS_OWNERS = ("401", "404", "404", "404", "403", "in", "404", "in", "403", "in", "403")
LISTS_OWN = ("401", *("in",) * 7, "403", "403", "403")
# Of the owner here: somebody else's is not there, whoever asks.
ONES_OWN = ("401", *("404",) * 4, "in", "404", "404", "403", "403", "403")
RATING = ("401", *("403",) * 9, "in")

TABLE = {
    ("GET", "/datasets"): SITE_READ,
    ("GET", "/datasets/{name}"): SITE_READ,
    ("GET", "/datasets/{name}/documents"): SITE_READ,
    ("POST", "/datasets/{name}/documents"): SITE_WRITE,
    ("GET", "/datasets/{name}/export"): SITE_READ,
    ("GET", "/datasets/{name}/summaries"): SITE_READ,
    ("POST", "/datasets/{name}/summaries"): SITE_WRITE,
    ("GET", "/systems"): SITE_READ,
    ("GET", "/systems/{slug}"): SITE_READ,
    ("POST", "/systems"): SITE_ADMIN,
    ("GET", "/metrics"): SITE_READ,
    ("GET", "/runs"): SITE_READ,
    ("POST", "/runs"): SITE_WRITE,
    ("GET", "/runs/{id}"): SITE_READ,
    ("POST", "/runs/{id}/cancel"): SITE_WRITE,
    ("POST", "/runs/{id}/resume"): SITE_WRITE,
    ("POST", "/runs/{id}/retry"): SITE_WRITE,
    ("GET", "/runs/{id}/summaries"): SITE_READ,
    ("POST", "/judging"): RESULTS_WRITE,
    ("GET", "/judging/{id}"): RESULTS,
    ("POST", "/judging/{id}/cancel"): RESULTS_WRITE,
    ("POST", "/judging/{id}/resume"): RESULTS_WRITE,
    ("GET", "/studies"): LIST,
    ("POST", "/studies"): SITE_WRITE,
    ("GET", "/studies/{slug}"): MEMBERS_READ,
    ("POST", "/studies/{slug}/status"): MEMBERS_WRITE,
    ("GET", "/studies/{slug}/annotators"): MEMBERS_READ,
    ("POST", "/studies/{slug}/annotators"): OWNERS_ADMIN,
    ("GET", "/studies/{slug}/boards/{criterion}"): RESULTS,
    ("GET", "/studies/{slug}/analyses/{criterion}/{kind}"): RESULTS,
    ("GET", "/studies/{slug}/releases"): RESULTS,
    ("POST", "/studies/{slug}/releases"): RESULTS_WRITE,
    ("GET", "/studies/{slug}/releases/{version}"): RESULTS,
    ("POST", "/studies/{slug}/releases/{version}/publish"): RESULTS_OWNERS,
    ("POST", "/studies/{slug}/releases/{version}/retry"): RESULTS_WRITE,
    ("GET", "/studies/{slug}/releases/{version}/zip"): RESULTS,
    ("GET", "/studies/{slug}/looks"): RESULTS,
    ("GET", "/studies/{slug}/votes"): RESULTS,
    ("POST", "/studies/{slug}/votes"): OWNERS_WRITE,
    ("GET", "/studies/{slug}/marks"): RESULTS,
    ("POST", "/studies/{slug}/marks"): OWNERS_WRITE,
    ("GET", "/webhooks"): LISTS_OWN,
    ("POST", "/webhooks"): OWNERS_ADMIN,
    ("POST", "/webhooks/{id}/rotate"): ONES_OWN,
    ("GET", "/webhooks/{id}/deliveries"): ONES_OWN,
    ("DELETE", "/webhooks/{id}"): ONES_OWN,
    ("POST", "/rating/next"): RATING,
    ("POST", "/rating/ahead"): RATING,
    ("POST", "/rating/hold"): RATING,
    ("POST", "/rating/votes"): RATING,
    ("POST", "/rating/remarks"): RATING,
    ("POST", "/rating/undo"): RATING,
    ("POST", "/rating/marks"): RATING,
    ("POST", "/rating/marks/take-back"): RATING,
    ("POST", "/rating/marks/read"): RATING,
    ("POST", "/rating/marks/none"): RATING,
}
# Nobody has rated practice here; who may not ask at all is told before.
TABLE[("GET", "/rating/practice/{token}")] = ("401", *("403",) * 9, "404")


ALLOWED_URL = "https://hooks.example.com/x"


class World:
    def __init__(self):
        self.study = study = make_study(systems=2, documents=2, ask_marks="optional")
        self.users = {role: UserFactory() for role in ROLES[1:8]}
        give_role(self.users["modeller"], "researcher")
        give_role(self.users["lead"], "lead")
        for role in ("owner", "researcher"):
            Membership.objects.create(study=study, user=self.users[role], role=role)
        other = Study.objects.create(slug="other", title="other", dataset=study.dataset)
        Membership.objects.create(study=other, user=self.users["other owner"], role="owner")
        join(study, user=self.users["annotator"])
        self.annotator = join(study)
        self.programs = {role: program(user) for role, user in self.users.items()}
        self.programs |= {
            "stranger": Program(""),
            "lead, read": program(self.users["lead"], Scope.READ),
            "lead, write": program(self.users["lead"], Scope.WRITE),
            "rater": rater(self.annotator, self.users["owner"]),
        }
        self.webhook = Webhook.objects.create(
            owner=self.users["owner"], study=study, url=ALLOWED_URL, events=["study.complete"]
        )
        self.judging = lifecycle.start_judging(judge(), study, lifecycle.Asked())
        self.summary = study.comparisons.first().summary_a
        self.shown = next_assignment(self.annotator).token
        self.marked = uuid.uuid4()
        ensure_library(study)
        record_mark(self.annotator, NewMark(self.shown, "left", "missing decision", "minor", self.marked))
        self.version = ""

    def path(self, path):
        run = self.summary.run
        if "{version}" in path:
            self.version = self.release(path).version
        path = path.replace("/webhooks/{id}", f"/webhooks/{self.webhook.public_id}")
        path = path.replace("/judging/{id}", f"/judging/{self.judging.pk}")
        known = {"{name}": run.dataset.name, "{criterion}": "overall", "{id}": run.pk, "{token}": self.shown}
        known |= {"{kind}": "combined", "{version}": self.version}
        known["{slug}"] = run.system.slug if path.startswith("/systems") else self.study.slug
        for name, value in known.items():
            path = path.replace(name, str(value))
        return path

    def release(self, path):
        """One that may be published, that failed, or that is published; made where there is none."""
        if path.endswith("/retry"):
            release = self.study.releases.filter(status="failed").first() or create_draft(self.study, Draft(), None)
            Release.objects.filter(pk=release.pk).update(status="failed", failure_reason="The disk is full.")
            return release
        if path.endswith("/publish"):
            ready = self.study.releases.filter(status="done", publication="draft")
            return ready.first() or write_files(create_draft(self.study, Draft(), None))
        release = self.study.releases.filter(publication="published").first()
        if release is None:
            release = write_files(create_draft(self.study, Draft(), None))
            publish(release)
        return release

    def body(self, path):
        run, (a, b) = self.summary.run, self.study.systems.all()
        return {
            "/datasets/{name}/documents": [document("new")],
            "/datasets/{name}/summaries": [
                {"document_id": self.summary.document.external_id, "summary": "Short.", "system": "elsewhere"}
            ],
            "/systems": {"slug": "new", "name": "New", "adapter": "scripted", "regime": "baseline"},
            "/runs": {"system": run.system.slug, "dataset": run.dataset.name},
            "/judging": {"judge": "strict", "study": self.study.slug},
            "/studies": {"slug": "made", "dataset": run.dataset.name, "systems": [a.slug, b.slug]},
            "/studies/{slug}/status": {"change": "pause"},
            "/studies/{slug}/annotators": {"external_id": "p1"},
            "/studies/{slug}/votes": [
                {
                    "document_id": self.summary.document.external_id,
                    "model_a": a.slug,
                    "model_b": b.slug,
                    "winner": "tie",
                    "judge": "gpt",
                    "criterion": "overall",
                }
            ],
            "/studies/{slug}/marks": [
                {
                    "document_id": self.summary.document.external_id,
                    "system": a.slug,
                    "annotator": "gpt",
                    "kind": "invented",
                    "severity": "minor",
                }
            ],
            "/studies/{slug}/releases": {
                "name": "Ratings",
                "version": "",
                "description": "Of meetings.",
                "licence": "MIT",
            },
            "/webhooks": {"url": ALLOWED_URL, "events": ["study.complete"], "study": self.study.slug},
            "/rating/ahead": {"after": str(self.shown)},
            "/rating/votes": self.vote("left"),
            "/rating/remarks": self.vote() | {"kind": "comment", "text": "Fine."},
            "/rating/undo": {"client_key": str(uuid.uuid4())},
            "/rating/marks": self.vote() | {"side": "left", "kind": "missing decision", "severity": "minor"},
            "/rating/marks/take-back": self.vote() | {"mark": str(self.marked)},
            "/rating/marks/read": {"token": str(self.shown)},
            "/rating/marks/none": {"token": str(self.shown)},
        }.get(path)

    def vote(self, choice=None):
        about = {"token": str(self.shown), "client_key": str(uuid.uuid4())}
        return about | ({"criterion": "overall", "choice": choice} if choice else {})

    def send(self, role, method, path):
        asks = self.programs[role]
        if method == "POST":
            return asks.post(self.path(path), self.body(path))
        return getattr(asks, method.lower())(self.path(path))


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return World()


@pytest.fixture
def world(made, settings):
    """As it was made, whatever another test did with it."""
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    return deepcopy(made)


def got(response):
    return "in" if response.status_code < 400 else str(response.status_code)


def operations():
    return {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }


def test_every_operation_is_in_the_table():
    assert operations() == set(TABLE)


@pytest.mark.parametrize("operation", TABLE, ids=" ".join)
def test_everybody_gets_what_the_table_says(world, operation):
    for role, expected in zip(ROLES, TABLE[operation], strict=True):
        if operation == ("POST", "/rating/undo") and role == "rater":
            world.programs["rater"].post("/rating/votes", world.vote("left"))
        if operation == ("POST", "/studies"):
            Study.objects.filter(slug="made").delete()
        if operation == ("POST", "/studies/{slug}/status"):
            Study.objects.update(status="open")
        assert got(world.send(role, *operation)) == expected, role


@pytest.mark.parametrize("operation", TABLE, ids=" ".join)
def test_whoever_is_refused_changes_nothing(world, operation):
    world.path(operation[1])  # makes what the address names
    before = _rows()
    for role, expected in zip(ROLES, TABLE[operation], strict=True):
        if expected != "in":
            world.send(role, *operation)
    assert _rows() == before


def _rows():
    from django.apps import apps

    models = [m for label in ("models_runner", "annotations") for m in apps.get_app_config(label).get_models()]
    models += [Webhook, Release]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_a_list_of_studies_holds_ones_own_only(world):
    seen = {
        role: [item["slug"] for item in world.programs[role].get("/studies").json()["items"]]
        for role in ("annotator", "outsider", "other owner", "researcher", "owner")
    }
    mine = [world.study.slug]
    assert seen == {"annotator": [], "outsider": [], "other owner": ["other"], "researcher": mine, "owner": mine}
    assert len(world.programs["lead"].get("/studies").json()["items"]) == 2


def test_who_still_rates_sees_no_results(world):
    join(world.study, user=world.users["owner"])
    world.path("{version}")
    asks, study = world.programs["owner"], f"/studies/{world.study.slug}"
    reads = ("/boards/overall", "/votes", "/analyses/overall/trust", "/releases", "/releases/1.0", "/releases/1.0/zip")
    for path in reads:
        refusal = asks.get(f"{study}{path}")
        assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "still_rating")


def test_who_still_rates_makes_and_publishes_no_release(world):
    join(world.study, user=world.users["owner"])
    for path in (
        "/studies/{slug}/releases",
        *(f"/studies/{{slug}}/releases/{{version}}/{do}" for do in ("publish", "retry")),
    ):
        address, before = world.path(path), _rows()
        refusal = world.programs["owner"].post(address, world.body(path))
        assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "still_rating")
        assert _rows() == before


@pytest.mark.parametrize("what", ["votes", "marks"])
def test_who_still_rates_uploads_nothing_that_is_held_against_texts(world, what):
    """Else a line that is taken, or what is said of one that is not, tells who wrote a text."""
    join(world.study, user=world.users["owner"])
    address, before = world.path(f"/studies/{{slug}}/{what}"), _rows()
    refusal = world.programs["owner"].post(address, world.body(f"/studies/{{slug}}/{what}"))
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "still_rating")
    assert _rows() == before


def test_a_token_loses_what_its_owner_loses(world):
    asks = world.programs["researcher"]
    assert asks.get(f"/studies/{world.study.slug}").status_code == 200
    Membership.objects.filter(user=world.users["researcher"]).delete()
    assert asks.get(f"/studies/{world.study.slug}").status_code == 404


def test_a_rater_reaches_no_pair_of_others(world):
    theirs = next_assignment(join(world.study)).token
    vote = world.vote("left") | {"token": str(theirs)}
    assert world.programs["rater"].post("/rating/votes", vote).status_code == 404


def test_a_token_that_ended_opens_nothing(world):
    ApiToken.objects.update(expires_at=timezone.now())
    for role in ROLES[1:]:
        assert world.programs[role].get("/studies").status_code == 401


def test_the_same_answer_for_a_study_that_is_not_there_and_one_of_others(world):
    asks = world.programs["outsider"]
    assert asks.get("/studies/nothing").content == asks.get(f"/studies/{world.study.slug}").content


def test_names_of_others_tell_nothing(world):
    DatasetFactory(name="secret")
    SystemFactory(slug="secret")
    asks = world.programs["owner"]
    assert asks.get("/datasets/secret").content == asks.get("/datasets/none").content
    assert asks.get("/systems/secret").content == asks.get("/systems/none").content
