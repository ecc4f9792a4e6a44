"""What the resources answer, read back from the database."""

import hashlib
import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Judgement, Study
from annotations.people.joining import join
from annotations.studies.consent import give_consent, set_consent_text
from api.models import ApiToken
from leaderboards.boards.analysis.analyse import compute_combined
from leaderboards.data.inputs import gather_inputs
from leaderboards.files import jobs
from leaderboards.models.releases import Release
from leaderboards.releases.publishing import Draft, create_draft, publish, write_files
from leaderboards.snapshots.boards import get_board
from models_runner.models import Dataset, Document, MetricSignature, Run, Score, Summary, System, Transcript
from tests.annotations.helpers import make_gold, rate_everything
from tests.api.helpers import document, error_of, program, rater
from tests.factories import (
    AnnotatorFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    SummaryFactory,
    SystemFactory,
    make_study,
)

pytestmark = pytest.mark.django_db


def rows(response):
    return [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]


# ---- datasets


def test_documents_are_uploaded_as_lines_or_as_a_list():
    asks = program()
    assert asks.upload("/datasets/new/documents", [document("m1"), document("m2")]).json()["added"] == 2
    assert asks.post("/datasets/new/documents?split=test&language=zh", [document("m3")]).json()["added"] == 1
    assert asks.upload("/datasets/new/documents", [document("m1")]).json() == {
        "dataset": "new",
        "added": 0,
        "unchanged": 1,
        "without_reference": 0,
    }
    assert list(Document.objects.values_list("external_id", "split", "language")) == [
        ("m1", "", "en"),
        ("m2", "", "en"),
        ("m3", "test", "zh"),
    ]


def test_datasets_and_documents_are_read():
    asks = program()
    asks.upload("/datasets/new/documents?split=test", [document("m1", title="Planning")])
    assert asks.get("/datasets").json()["items"][0] == asks.get("/datasets/new").json()
    assert asks.get("/datasets/new").json()["documents"] == 1
    assert asks.get("/datasets/new/documents", {"split": "train"}).json() == {"items": [], "next": None}
    assert asks.get("/datasets/new/documents", {"split": "test"}).json()["items"] == [
        {"id": "m1", "title": "Planning", "split": "test", "language": "en", "words": 7, "position": 0}
    ]


def test_exported_documents_are_the_same_when_uploaded_again():
    asks = program()
    given = [
        document("m1", metadata={"room": "4"}, queries=[{"query": "Who ships?", "references": ["Maya.", "She."]}]),
        document("m2", references={"long": "All of it.", "short": "It."}, title="Planning"),
        document("m3", references=[]),
    ]
    asks.upload("/datasets/one/documents", given)
    asks.upload("/datasets/two/documents", rows(asks.get("/datasets/one/export")))
    one, two = (
        list(Document.objects.filter(dataset__name=name).values_list("external_id", "content_hash"))
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 3


def test_summaries_made_elsewhere_are_uploaded_and_exported():
    asks = program()
    asks.upload("/datasets/new/documents", [document("m1"), document("m2")])
    given = [{"document_id": f"m{n}", "system": "elsewhere", "summary": f"Text {n}.", "seconds": 1.5} for n in (1, 2)]
    (done,) = asks.upload("/datasets/new/summaries", given).json()
    assert (done["system"], done["added"]) == ("elsewhere", 2)
    exported = rows(asks.get("/datasets/new/summaries", {"system": "elsewhere"}))
    assert [(row["document_id"], row["summary"], row["seconds"]) for row in exported] == [
        ("m1", "Text 1.", 1.5),
        ("m2", "Text 2.", 1.5),
    ]
    assert asks.upload("/datasets/new/summaries", exported).json()[0]["unchanged"] == 2


# ---- systems


def test_systems_are_listed_and_filtered():
    asks = program()
    baselines = asks.get("/systems", {"regime": "baseline", "state": "ready", "limit": 200}).json()["items"]
    assert {"lead-3", "lexrank"} <= {item["slug"] for item in baselines}
    assert {item["needs"] for item in baselines} == {""}
    assert not System.objects.exists()  # reading brings nothing into the database


def test_a_system_is_added_once():
    record = {"slug": "mine", "name": "Mine", "adapter": "scripted", "regime": "zero-shot", "parameters": 5}
    asks = program()
    first = asks.post("/systems", record | {"engine": {"default": "é ✓"}})
    assert (first.status_code, first.json()["size_class"]) == (201, "compact")
    assert asks.post("/systems", record | {"engine": {"default": "é ✓"}}).status_code == 201
    assert error_of(asks.post("/systems", record | {"parameters": 6}))["code"] == "no_system"
    assert System.objects.get().engine == {"default": "é ✓"}


def test_a_window_without_room_for_a_prompt_is_refused():
    record = {"slug": "narrow", "name": "Narrow", "adapter": "llamacpp", "regime": "zero-shot", "context_window": 10}
    answer = program().post("/systems", record | {"decoding": {"max_tokens": 512}})
    assert answer.status_code == 422
    assert "narrow: field 'context_window': A window of 10 tokens is too small" in error_of(answer)["message"]
    assert "Expected 576 or more" in error_of(answer)["message"]
    encoder = record | {"adapter": "transformers", "context_window": 512}  # which holds the input alone
    assert program().post("/systems", encoder | {"decoding": {"max_tokens": 512}}).status_code == 201


# ---- runs


@pytest.fixture
def run():
    dataset = DatasetFactory()
    for _ in range(3):
        DocumentFactory(dataset=dataset)
    body = {"system": SystemFactory().slug, "dataset": dataset.name}
    return Run.objects.get(pk=program().post("/runs", body).json()["id"])


def test_a_run_is_started_watched_cancelled_and_resumed(run):
    asks = program()
    assert asks.get(f"/runs/{run.pk}").json()["summaries"] == {
        "pending": 3,
        "running": 0,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "total": 3,
    }
    assert asks.post(f"/runs/{run.pk}/cancel").json()["status"] == "cancelled"
    assert run.summaries.filter(status="cancelled").count() == 3
    assert asks.post(f"/runs/{run.pk}/resume").json()["status"] == "pending"
    assert run.summaries.filter(status="pending").count() == 3


def test_failed_summaries_are_tried_again(run):
    run.summaries.update(status="failed", failure_reason="no memory")
    Run.objects.update(status="failed", failure_reason="3 failed")
    assert program().post(f"/runs/{run.pk}/retry").json()["summaries"]["pending"] == 3


def test_a_run_from_the_catalogue_enters_the_database(run):
    answer = program().post("/runs", {"system": "lead-3", "dataset": run.dataset.name, "limit": 2})
    assert answer.json()["summaries"]["total"] == 2
    assert System.objects.filter(slug="lead-3").exists()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"system": "nothing"}, 422, "system"),
        ({"dataset": "nothing"}, 422, "dataset"),
        ({"split": "nothing"}, 422, "split"),
        ({"instruction": "query"}, 422, "split"),
        ({"limit": 0}, 422, "limit"),
    ],
)
def test_what_cannot_run_is_refused(run, body, status, field):
    Run.objects.all().delete()
    refusal = program().post("/runs", {"system": "lead-3", "dataset": Dataset.objects.get().name} | body)
    assert (refusal.status_code, error_of(refusal)["field"]) == (status, field)
    assert not Run.objects.exists()


def test_runs_are_filtered():
    wanted, _ = RunFactory(status="done"), RunFactory()
    asks = program()
    for query in (
        {"status": "done"},
        {"system": wanted.system.slug},
        {"dataset": wanted.dataset.name, "instruction": "medium"},
    ):
        assert [item["id"] for item in asks.get("/runs", query).json()["items"]] == [wanted.pk]


def test_a_list_of_runs_takes_as_many_queries_whatever_its_length(django_assert_max_num_queries):
    for _ in range(5):
        SummaryFactory()
    asks = program()
    with django_assert_max_num_queries(5):  # token, its count, runs, their summaries by status
        assert len(asks.get("/runs").json()["items"]) == 5


def test_summaries_of_a_run_are_read(run):
    Summary.objects.filter(pk=run.summaries.first().pk).update(
        status="done", text="They ship.", stop_reason="length", dropped_tokens=7
    )
    (done,) = program().get(f"/runs/{run.pk}/summaries", {"status": "done"}).json()["items"]
    assert (done["text"], done["stop_reason"], done["dropped_tokens"]) == ("They ship.", "length", 7)
    assert done["scores"] == {}
    assert len(program().get(f"/runs/{run.pk}/summaries").json()["items"]) == 3


def test_scores_are_those_of_the_newest_signature():
    summary = SummaryFactory()
    for text, value in (("rouge 1", 0.25), ("rouge 2", 0.5)):
        signature = MetricSignature.objects.create(metric="rouge", text=text)
        Score.objects.create(summary=summary, signature=signature, name="rouge1", value=value)
        Score.objects.create(summary=summary, signature=signature, name="rouge2", reason="no reference")
    (shown,) = program().get(f"/runs/{summary.run_id}/summaries").json()["items"]
    assert shown["scores"] == {"rouge1": 0.5, "rouge2": None}


# ---- studies


@pytest.mark.parametrize("path", ["/studies", "/studies/first/annotators"])
def test_a_list_of_studies_or_annotators_takes_as_many_queries_whatever_its_length(path):
    first = make_study(systems=2, documents=2, slug="first")
    rate_everything(AnnotatorFactory(study=first))
    caller = program()

    def queries():
        with CaptureQueriesContext(connection) as found:
            answer = caller.get(path)
        return len(found), answer.json()["items"]

    queries()
    few, (item,) = queries()
    assert item.get("rated", item.get("progress", {}).get("rated")) == 2
    for _ in range(3):
        make_study(systems=2, documents=2)
        rate_everything(AnnotatorFactory(study=first))
    many, items = queries()
    assert len(items) == 4
    assert many == few


def test_a_study_is_made_paused_and_closed():
    made = make_study(systems=3, documents=2)
    systems = sorted(made.systems.values_list("slug", flat=True))
    asks = program()
    body = {
        "slug": "mine",
        "dataset": made.dataset.name,
        "systems": systems,
        "criteria": ["overall", "fluency"],
        "quota": 2,
        "anchor": systems[0],
        "strength": "optional",
        "title": "Mine",
        "own_criteria": [{"key": "tone", "question": "Which keeps the tone?"}],
    }
    answer = asks.post("/studies", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["progress"] == {"comparisons": 4, "places": 8, "rated": 0}
    study = Study.objects.get(slug="mine")
    assert [c.key for c in study.criteria.all()] == ["overall", "fluency", "tone"]
    assert (study.anchor.slug, study.strength, study.status) == (systems[0], "optional", "open")
    assert study.memberships.get().role == "owner"
    assert asks.post("/studies/mine/status", {"change": "pause"}).json()["status"] == "paused"
    assert asks.post("/studies/mine/status", {"change": "pause"}).json()["status"] == "paused"
    assert asks.post("/studies/mine/status", {"change": "close"}).json()["status"] == "closed"
    assert asks.post("/studies/mine/status", {"change": "pause"}).status_code == 422
    listed = asks.get("/studies", {"status": "closed", "dataset": made.dataset.name}).json()["items"]
    assert [item["slug"] for item in listed] == ["mine"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"systems": ["lead-3", "nothing"]}, "systems[1]"),
        ({"systems": ["lead-3"]}, "systems"),
        ({"dataset": "nothing"}, "dataset"),
        ({"anchor": "nothing"}, "anchor"),
        ({"criteria": ["beauty"]}, "criteria"),
        ({"own_criteria": [{"key": "tone"}]}, "own_criteria[0].question"),
        ({"quota": "3"}, "quota"),
        ({"epsilon": 0}, "epsilon"),
    ],
)
def test_what_makes_no_study_is_refused(change, field):
    dataset = DocumentFactory().dataset
    body = {"slug": "mine", "dataset": dataset.name, "systems": ["lead-3", "lexrank"]}
    refusal = program().post("/studies", body | change)
    assert (refusal.status_code, error_of(refusal)["field"]) == (422, field)
    assert not Study.objects.exists()


def test_a_board_is_the_one_of_the_site():
    study = make_study(systems=2, documents=3)
    rate_everything(join(study))
    answer = program().get(f"/studies/{study.slug}/boards/overall").json()
    assert answer == json.loads(json.dumps(get_board(study, study.criteria.get())))
    assert answer["votes"] == 3
    refusal = program().get(f"/studies/{study.slug}/boards/beauty")
    assert (refusal.status_code, error_of(refusal)["field"]) == (404, "criterion")


def test_votes_are_exported_and_uploaded_into_a_copy():
    study = make_study(systems=2, documents=3, criteria=("overall", "fluency"))
    rate_everything(join(study))
    asks = program()
    votes = rows(asks.get(f"/studies/{study.slug}/votes"))
    assert len(votes) == 6
    assert len(rows(asks.get(f"/studies/{study.slug}/votes", {"criterion": "fluency"}))) == 3
    assert asks.get(f"/studies/{study.slug}/votes", {"criterion": "beauty"}).status_code == 404
    systems = list(study.systems.values_list("slug", flat=True))
    asks.post(
        "/studies",
        {"slug": "copy", "dataset": study.dataset.name, "systems": systems, "criteria": ["overall", "fluency"]},
    )
    assert asks.upload("/studies/copy/votes", votes).json() == {"added": 6, "unchanged": 0, "judges": 1}
    one, two = (asks.get(f"/studies/{slug}/boards/overall").json()["systems"] for slug in (study.slug, "copy"))
    assert one == two


def test_marks_are_uploaded_and_read():
    study = make_study(systems=2, documents=1)
    summary = study.comparisons.get().summary_a
    mark = {"document_id": summary.document.external_id, "system": summary.run.system.slug, "annotator": "ana",
            "start": 0, "end": 7, "text": summary.text[:7], "kind": "invented", "severity": "major"}  # fmt: skip
    asks = program()
    added = {"added": 1, "unchanged": 0, "annotators": 1, "readings": 2, "new_kinds": ["invented"]}
    assert asks.upload(f"/studies/{study.slug}/marks", [mark]).json() == added
    assert asks.upload(f"/studies/{study.slug}/marks", [mark]).json()["unchanged"] == 1
    assert rows(asks.get(f"/studies/{study.slug}/marks")) == [mark]
    refusal = asks.upload(f"/studies/{study.slug}/marks", [mark | {"text": "Another"}])
    assert refusal.status_code == 422
    assert "but there stands" in error_of(refusal)["message"]


def test_filters_are_those_of_the_board():
    study = make_study(systems=2, documents=3)
    rate_everything(join(study))
    asks = program()
    address = f"/studies/{study.slug}/boards/overall"
    assert asks.get(address, {"judges": "llm"}).json()["votes"] == 0
    assert rows(asks.get(f"/studies/{study.slug}/votes", {"judges": "llm"})) == []
    for query, field in (({"judges": "nobody"}, "judges"), ({"language": "xx"}, "language"), ({"size": "x"}, "size")):
        refusal = asks.get(address, query)
        assert (refusal.status_code, error_of(refusal)["field"]) == (422, field)


def test_a_board_of_many_votes_is_made_in_the_background(settings):
    settings.BOARD_IN_REQUEST_VOTES = 0
    study = make_study(systems=2, documents=3)
    rate_everything(join(study))
    refusal = program().get(f"/studies/{study.slug}/boards/overall")
    assert (refusal.status_code, error_of(refusal)["code"], refusal["Retry-After"]) == (503, "not_ready", "5")
    assert program().get(f"/studies/{study.slug}/analyses/overall/trust").status_code in (409, 503)


def test_an_analysis_is_the_one_of_the_site():
    study = make_study(systems=3, documents=3)
    rate_everything(join(study))
    answer = program().get(f"/studies/{study.slug}/analyses/overall/combined").json()
    assert answer == json.loads(json.dumps(compute_combined(gather_inputs(study, study.criteria.get()))))
    assert error_of(program().get(f"/studies/{study.slug}/analyses/overall/magic"))["field"] == "kind"


def test_a_release_is_listed_and_downloaded():
    study = make_study(systems=2, documents=2)
    rate_everything(join(study))
    release = write_files(create_draft(study, Draft(name="Votes"), None))
    asks = program()
    address = f"/studies/{study.slug}/releases"
    assert asks.get(f"{address}/1.0/zip").status_code == 404  # a draft yet
    publish(release)
    (shown,) = asks.get(address).json()["items"]
    assert (shown["version"], shown["status"], shown["sha256"]) == ("1.0", "published", release.sha256)
    answer = asks.get(f"{address}/1.0/zip")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == release.sha256
    assert asks.get(f"{address}/2.0/zip").status_code == 404


def test_a_release_is_made_watched_and_published(django_capture_on_commit_callbacks, monkeypatch):
    told = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: told.append((task, pk)))
    study = make_study(systems=2, documents=2)
    rate_everything(join(study))
    asks, address = program(), f"/studies/{study.slug}/releases"
    with django_capture_on_commit_callbacks(execute=True):
        made = asks.post(address, {"name": "Votes", "licence": "MIT", "description": "Of two meetings."})
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "pending", "1.0")
    release = study.releases.get()
    assert told == [("leaderboards.files.tasks.write_release", release.pk)]
    assert (release.licence, release.description, release.created_by) == (
        "MIT",
        "Of two meetings.",
        ApiToken.objects.get().owner.username,
    )
    refusal = asks.post(f"{address}/1.0/publish")
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "not_publishable")
    jobs.write_job(Release, release.pk, owner="w")
    assert asks.get(f"{address}/1.0").json()["state"] == "done"
    published = asks.post(f"{address}/1.0/publish").json()
    assert (published["status"], bool(published["published_at"])) == ("published", True)
    assert asks.post(f"{address}/1.0/publish").status_code == 409
    taken = asks.post(address, {"licence": "MIT", "version": "1.0"})
    assert (taken.status_code, error_of(taken)["field"]) == (409, "version")
    assert study.releases.count() == 1


def test_a_release_asked_for_twice_with_one_key_is_made_and_published_once():
    study = make_study(systems=2, documents=2)
    asks, address = program(), f"/studies/{study.slug}/releases"
    key, other = ({"Idempotency-Key": name} for name in ("make", "publish"))
    first, second = (asks.post(address, {"licence": "MIT"}, **key) for _ in range(2))
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    write_files(study.releases.get())
    first, second = (asks.post(f"{address}/1.0/publish", **other) for _ in range(2))
    assert (first.status_code, first.content) == (200, second.content)
    assert error_of(asks.post(address, {"licence": "CC0-1.0"}, **key))["code"] == "key_reused"


def test_files_that_failed_are_written_again():
    study = make_study(systems=2, documents=2)
    asks, address = program(), f"/studies/{study.slug}/releases"
    asks.post(address, {"licence": "MIT"})
    assert error_of(asks.post(f"{address}/1.0/retry"))["code"] == "not_failed"
    study.releases.update(status="failed", failure_reason="The disk is full.")
    assert asks.get(f"{address}/1.0").json()["reason"] == "The disk is full."
    again = asks.post(f"{address}/1.0/retry").json()
    assert (again["state"], again["reason"]) == ("pending", "")
    jobs.write_job(Release, study.releases.get().pk, owner="w")
    assert asks.get(f"{address}/1.0").json()["state"] == "done"


# ---- rating


def test_a_front_end_of_ones_own_gets_the_times_of_turns():
    study = make_study(systems=2, documents=1)
    Transcript.objects.update(
        turns=[{"speaker": "Maya", "content": "We ship.", "start": 62.5}, {"speaker": "Leo", "content": "Good."}]
    )
    made = program().post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    front = rater(study.annotators.get())
    front.headers = {"Authorization": f"Bearer {made['token']}"}
    turns = front.post("/rating/next").json()["pair"]["turns"]
    assert turns == [
        {"number": 1, "speaker": "Maya", "content": "We ship.", "start": "1:02"},
        {"number": 2, "speaker": "Leo", "content": "Good.", "start": ""},
    ]


def test_an_annotator_of_an_own_front_end_rates_everything():
    study = make_study(systems=2, documents=2)
    asks = program()
    made = asks.post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    again = asks.post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    assert made["pseudonym"] == again["pseudonym"]
    front = rater(study.annotators.get())
    front.headers = {"Authorization": f"Bearer {made['token']}"}
    seen = []
    while pair := front.post("/rating/next").json()["pair"]:
        assert pair["token"] == front.post("/rating/next").json()["pair"]["token"]
        vote = {"token": pair["token"], "criterion": "overall", "choice": "left", "client_key": str(uuid.uuid4())}
        assert front.post("/rating/votes", vote).json() == {"complete": True, "repeated": False}
        assert front.post("/rating/votes", vote).json() == {"complete": True, "repeated": True}
        seen.append(pair["token"])
    assert len(set(seen)) == len(seen) == 2
    assert Judgement.objects.count() == 2
    assert front.post("/rating/next").json() == {"pair": None, "why": "done"}
    undone = front.post("/rating/undo", {"client_key": str(uuid.uuid4())}).json()
    assert undone["token"] == seen[-1] == front.post("/rating/next").json()["pair"]["token"]
    rated = asks.get(f"/studies/{study.slug}/annotators").json()["items"]
    assert rated == [{"pseudonym": "annotator-001", "rated": 1, "left": False, "excluded": False}]


def test_a_pair_is_skipped_commented_on_and_held():
    study = make_study(systems=2, documents=2)
    front = rater(join(study))
    pair = front.post("/rating/next").json()["pair"]
    ahead = front.post("/rating/ahead", {"after": pair["token"]}).json()["pair"]
    assert front.post("/rating/hold").json() == {"held": 2}
    said = {"token": pair["token"], "text": "Hm.", "client_key": str(uuid.uuid4())}
    assert front.post("/rating/remarks", said | {"kind": "comment"}).json() == {"complete": False, "repeated": False}
    skip = {"token": pair["token"], "kind": "skip", "client_key": str(uuid.uuid4())}
    assert error_of(front.post("/rating/remarks", skip))["code"] == "reason_missing"
    assert front.post("/rating/remarks", skip | {"reason": "subject"}).status_code == 200
    assert front.post("/rating/next").json()["pair"]["token"] == ahead["token"]


def test_a_study_with_a_consent_text_gives_a_front_end_no_pair_and_says_why():
    study = make_study(systems=2, documents=1)
    set_consent_text(study, "You may stop at any time.", None)
    annotator = join(study)
    front = rater(annotator)
    refusal = front.post("/rating/next")
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "consent_missing")
    assert not annotator.assignments.exists()
    give_consent(annotator, 1)
    assert front.post("/rating/next").json()["pair"]


def test_why_there_is_no_pair():
    study = make_study(systems=2, documents=1, quota=1)
    front, other = rater(join(study)), rater(join(study))
    assert front.post("/rating/next").json()["pair"]
    assert other.post("/rating/next").json() == {"pair": None, "why": "waiting"}
    Study.objects.update(status="paused")
    assert front.post("/rating/next").json() == {"pair": None, "why": "not_open"}
    refusal = front.post("/rating/undo", {"client_key": str(uuid.uuid4())})
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "study_not_open")


def test_practice_is_explained_after_it_is_rated():
    study = make_study(systems=2, documents=2)
    make_gold(study.comparisons.first(), "training", outcomes=("a",), explanation="{A} names the date.")
    front = rater(join(study))
    pair = front.post("/rating/next").json()["pair"]
    assert pair["practice"]
    assert front.get(f"/rating/practice/{pair['token']}").status_code == 404
    vote = {"token": pair["token"], "criterion": "overall", "choice": "tie", "client_key": str(uuid.uuid4())}
    front.post("/rating/votes", vote)
    told = front.get(f"/rating/practice/{pair['token']}").json()
    assert told["right"] is False
    assert told["explanation"] in ("Left names the date.", "Right names the date.")


def test_what_annotators_are_told_is_in_their_language():
    front = rater(join(make_study()))
    refusal = front.post("/rating/undo", {"client_key": str(uuid.uuid4())}, **{"Accept-Language": "zh-hans"})
    assert (
        error_of(refusal)["message"]
        != error_of(front.post("/rating/undo", {"client_key": str(uuid.uuid4())}))["message"]
    )
