"""What the resources of datasets, systems, studies and their results answer, read back from the database."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Study
from annotations.people.joining import join
from leaderboards.boards.analysis.analyse import compute_combined
from leaderboards.data.inputs import gather_inputs
from leaderboards.snapshots.boards import get_board
from models_runner.models import Document, System
from tests.annotations.helpers import rate_everything
from tests.api.helpers import document, error_of, program
from tests.factories import (
    AnnotatorFactory,
    DocumentFactory,
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


LOOKS = {"look_dates": ["2027-03-01T18:00:00+01:00", "2027-03-08T17:00:00Z"], "look_maximum": 400}


def test_looks_at_dates_are_planned_and_listed():
    made = make_study(systems=2, documents=2)
    small, large = sorted(made.systems.values_list("slug", flat=True))
    body = {"slug": "mine", "dataset": made.dataset.name, "systems": [small, large]}
    body |= {"small_system": small, "large_system": large}
    asks = program()
    for change, field in (
        ({"look_dates": ["2027-03-01T18:00:00", LOOKS["look_dates"][1]]}, "look_dates[0]"),
        ({"look_dates": LOOKS["look_dates"][::-1]}, "look_dates"),
        ({"look_maximum": None}, "look_maximum"),
        ({"look_votes": [200, 400]}, "look_dates"),
        ({"look_dates": ["0001-01-01T00:00:00+14:00", LOOKS["look_dates"][1]]}, "look_dates"),
    ):
        refusal = asks.post("/studies", body | LOOKS | change)
        assert (refusal.status_code, error_of(refusal)["field"]) == (422, field)
    answer = asks.post("/studies", body | LOOKS).json()
    assert (answer["look_votes"], answer["look_maximum"]) == (None, 400)
    assert answer["look_dates"] == ["2027-03-01T17:00:00Z", "2027-03-08T17:00:00Z"]
    listed = asks.get("/studies/mine/looks").json()
    assert [(row["number"], row["planned_at"], row["taken"]) for row in listed] == [
        (1, "2027-03-01T17:00:00Z", False),
        (2, "2027-03-08T17:00:00Z", False),
    ]
    assert asks.get(f"/studies/{made.slug}/looks").json() == []


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
