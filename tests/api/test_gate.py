"""What holds for every address: limits, repeated writes, unchanged answers, the shape of refusals."""

import pytest
from django.utils import timezone

from api.gate.idempotency import forget_old_answers
from api.models import ApiToken, KeptAnswer
from models_runner.models import Dataset, Run
from tests.api.helpers import document, error_of, new_key, program
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_body():
    dataset = DatasetFactory()
    DocumentFactory(dataset=dataset)
    return {"system": SystemFactory().slug, "dataset": dataset.name}


def test_requests_beyond_the_limit_of_a_minute_are_told_to_wait(settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 3
    now = timezone.now().replace(second=40, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: now)
    asks, other = program(), program()
    assert [asks.get("/studies").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refusal = asks.get("/studies")
    assert refusal["Retry-After"] == "20"
    assert error_of(refusal)["code"] == "too_many_requests"
    assert other.get("/studies").status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + timezone.timedelta(seconds=20))
    assert asks.get("/studies").status_code == 200


def test_a_use_is_written_down():
    asks = program()
    asks.get("/studies")
    assert ApiToken.objects.get().last_used_at is not None


def test_an_unchanged_answer_is_not_sent_again():
    study = make_study()
    asks = program()
    first = asks.get(f"/studies/{study.slug}")
    again = asks.get(f"/studies/{study.slug}", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "private" in first["Cache-Control"]
    asks.post(f"/studies/{study.slug}/status", {"change": "pause"})
    assert asks.get(f"/studies/{study.slug}", **{"If-None-Match": first["ETag"]}).status_code == 200


def test_a_write_sent_twice_happens_once(run_body):
    asks, key = program(), new_key()
    first = asks.post("/runs", run_body, **{"Idempotency-Key": key})
    Run.objects.update(status="cancelled")  # so that a second answer of its own would differ
    again = asks.post("/runs", run_body, **{"Idempotency-Key": key})
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"


def test_a_key_used_for_another_request_is_refused(run_body):
    asks, key = program(), new_key()
    asks.post("/runs", run_body, **{"Idempotency-Key": key})
    for path, body in (("/runs", run_body | {"limit": 1}), ("/systems", run_body)):
        refusal = asks.post(path, body, **{"Idempotency-Key": key})
        assert refusal.status_code == 422
        assert error_of(refusal) == error_of(refusal) | {"code": "key_reused", "field": "Idempotency-Key"}


def test_keys_of_two_tokens_are_two_keys(run_body):
    key = new_key()
    program().post("/runs", run_body, **{"Idempotency-Key": key})
    other = program().post("/runs", run_body | {"limit": 1}, **{"Idempotency-Key": key})
    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other


def test_a_refusal_keeps_nothing(run_body):
    asks, key = program(), new_key()
    assert asks.post("/runs", run_body | {"split": "none"}, **{"Idempotency-Key": key}).status_code == 422
    assert not KeptAnswer.objects.exists()
    assert not Run.objects.exists()
    assert asks.post("/runs", run_body, **{"Idempotency-Key": key}).status_code == 201


def test_an_upload_sent_twice_happens_once():
    asks, key = program(), new_key()
    first = asks.upload("/datasets/new/documents", [document()], **{"Idempotency-Key": key})
    again = asks.upload("/datasets/new/documents", [document()], **{"Idempotency-Key": key})
    assert first.json() == again.json() == {"dataset": "new", "added": 1, "unchanged": 0, "without_reference": 0}


@pytest.mark.parametrize("key", ["", "x" * 101, "ümlaut"])
def test_what_is_no_key_is_refused(run_body, key):
    refusal = program().post("/runs", run_body, **{"Idempotency-Key": key})
    assert refusal.status_code == 422
    assert error_of(refusal)["field"] == "Idempotency-Key"


def test_answers_are_kept_for_a_day(run_body):
    program().post("/runs", run_body, **{"Idempotency-Key": new_key()})
    forget_old_answers()
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created_at=timezone.now() - timezone.timedelta(days=1, seconds=1))
    forget_old_answers()
    assert not KeptAnswer.objects.exists()


def test_an_answer_with_a_secret_is_never_kept():
    study = make_study()
    refusal = program().post(
        f"/studies/{study.slug}/annotators", {"external_id": "p1"}, **{"Idempotency-Key": new_key()}
    )
    assert (refusal.status_code, error_of(refusal)["field"]) == (422, "Idempotency-Key")
    assert not study.annotators.exists()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing", 404, "not_found"),
        ("get", "/studies/nothing", 404, "not_found"),
        ("get", "/runs/999999999999999999999999", 404, "not_found"),
        ("post", "/datasets", 405, "method_not_allowed"),
        ("delete", "/runs", 405, "method_not_allowed"),
    ],
)
def test_every_refusal_has_one_shape(method, path, status, code):
    refusal = getattr(program(), method)(path)
    assert refusal.status_code == status
    assert refusal["Content-Type"].startswith("application/json")
    assert set(error_of(refusal)) == {"code", "message", "field"}
    assert error_of(refusal)["code"] == code
    if status == 405:
        assert refusal["Allow"]


def test_a_fault_of_our_own_tells_no_more_than_that(monkeypatch):
    asks = program()
    asks.client.raise_request_exception = False

    def fail(*args):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("api.resources.studies.visible_studies", fail)
    refusal = asks.get("/studies")
    assert refusal.status_code == 500
    assert error_of(refusal)["code"] == "internal_error"
    assert b"swordfish" not in refusal.content


def test_a_fault_undoes_a_write_with_its_key(run_body, monkeypatch):
    asks, key = program(), new_key()
    asks.client.raise_request_exception = False
    monkeypatch.setattr("api.resources.runs._answer", lambda run: 1 / 0)
    assert asks.post("/runs", run_body, **{"Idempotency-Key": key}).status_code == 500
    assert not Run.objects.exists()
    assert not KeptAnswer.objects.exists()


def test_lists_come_in_pages_without_gaps_or_repeats():
    names = [DatasetFactory().name for _ in range(5)]
    asks, seen, cursor = program(), [], ""
    while cursor is not None:
        page = asks.get("/datasets", {"limit": 2, "cursor": cursor}).json()
        seen += [item["name"] for item in page["items"]]
        Dataset.objects.filter(name=names[0]).delete()  # what was seen may go meanwhile
        cursor = page["next"]
    assert seen == names


def test_systems_come_in_pages_too():
    asks, seen, cursor = program(), [], ""
    while cursor is not None:
        page = asks.get("/systems", {"limit": 7, "cursor": cursor}).json()
        seen += [item["slug"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sorted(set(seen))
    assert "lead-3" in seen


def test_a_cursor_of_another_list_is_refused():
    for _ in range(2):
        DatasetFactory()
    asks = program()
    cursor = asks.get("/datasets", {"limit": 1}).json()["next"]
    for given in (cursor, "nonsense", "W10", "WzFd", "Ww" * 100):
        refusal = asks.get("/runs", {"cursor": given})
        assert (refusal.status_code, error_of(refusal)["field"]) == (422, "cursor")
