"""Large uploads: a worker reads and stores them, and their page shows how far it is."""

import pytest
from django.db import IntegrityError, transaction

from models_runner.importing.drafts import jobs, service
from models_runner.models import Dataset, Document, ImportDraft, ImportJob
from tests.models_runner.web.importing import TABLE, VTT, draft_of, page_of, send, upload, uploads  # noqa: F401
from tests.people import annotator, researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Uploads of more than 50 bytes are large; messages are kept in a list."""
    messages = []
    monkeypatch.setattr("models_runner.models.drafts.LARGE", 50)
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: messages.append((task, *args)))
    return messages


def work():
    return jobs.work_on_import(ImportJob.objects.get().pk, owner="worker")


def poll(draft):
    return researcher().get(draft.get_absolute_url(), headers={"HX-Request": "true"})


def test_a_large_upload_is_read_and_stored_by_a_worker(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        draft = draft_of(upload(("one.vtt", VTT), ("two.vtt", VTT)))
    assert sent == [("models_runner.tasks.import_meetings", ImportJob.objects.get().pk)]
    assert "Waiting for a worker" in page_of(draft).content.decode()
    assert "Waiting for a worker" in poll(draft).content.decode()
    assert "2 files read" in work()
    assert poll(draft).headers["HX-Refresh"] == "true"
    page = page_of(draft)
    assert len(page.context["documents"]) == 2
    assert not Dataset.objects.exists()

    send(draft, document=[page.context["documents"][0].shown], document_id=["first"], document_title=["One"])
    assert not Dataset.objects.exists()
    assert "Waiting for a worker" in page_of(draft).content.decode()
    assert "2 documents added" in work()
    assert sorted(Document.objects.values_list("external_id", "title")) == [("first", "One"), ("two", "")]
    page = page_of(draft).content.decode()
    assert "2 documents added" in page
    assert 'href="/datasets/hall/"' in page
    assert not draft.folder.exists()
    assert "held elsewhere" in work()  # the message once more
    assert Document.objects.count() == 2


def test_other_options_are_read_anew_and_known_ones_are_not():
    draft = draft_of(upload(("talks.csv", TABLE), map="transcript=talk", missing="empty"))
    work()
    assert page_of(draft).context["preview"].documents[0].id == "talks-1"
    send(draft, "correct", map="transcript=talk\nid=nr", missing="empty")
    assert ImportJob.objects.get().status == "pending"
    work()
    assert page_of(draft).context["preview"].documents[0].id == "m1"
    draft.refresh_from_db()
    send(draft, "correct", licence="CC0-1.0")  # says nothing about reading
    assert ImportJob.objects.get().status == "done"


def test_what_cannot_be_stored_fails_with_the_reason_and_can_be_corrected():
    draft_first = draft_of(upload(("one.vtt", VTT)))
    work()
    send(draft_first)
    work()
    ImportDraft.objects.all().delete()
    draft = draft_of(upload(("one.vtt", VTT.replace("Monday", "Friday"))))
    work()
    send(draft)
    assert "never change" in work()
    page = page_of(draft)
    assert "never change" in page.content.decode()
    assert Document.objects.count() == 1
    fields = {"document": [page.context["documents"][0].shown], "document_id": ["other"], "document_title": [""]}
    send(draft, "correct", **fields)
    assert "never change" not in page_of(draft).content.decode()
    draft.refresh_from_db()
    send(draft)
    work()
    assert set(Document.objects.values_list("external_id", flat=True)) == {"one", "other"}


def test_a_worker_that_lost_the_job_stores_nothing(monkeypatch):
    draft = draft_of(upload(("one.vtt", VTT)))
    work()
    send(draft)
    store = service.store_documents

    def lose(*arguments, on_stored):
        def lost(result):
            ImportJob.objects.update(status="pending", owner="", lease_until=None)
            on_stored(result)

        return store(*arguments, on_stored=lost)

    monkeypatch.setattr(service, "store_documents", lose)
    assert "held no more" in work()
    assert not Document.objects.exists()
    assert draft.folder.exists()


def test_a_broken_store_of_what_was_read_is_read_again():
    draft = draft_of(upload(("one.vtt", VTT)))
    work()
    (kept,) = draft.folder.glob("read-*")
    kept.write_bytes(b"\x80\x05nothing")
    assert len(page_of(draft).context["documents"]) == 1


def test_a_large_upload_can_be_discarded_while_it_waits():
    draft = draft_of(upload(("one.vtt", VTT)))
    assert annotator().get(draft.get_absolute_url()).status_code == 403
    send(draft, "discard")
    assert not ImportJob.objects.exists()
    assert not draft.folder.exists()


def test_what_was_stored_says_what():
    draft = ImportDraft.objects.create(file_names=["a.vtt"], created_by="ada")
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportJob.objects.create(draft=draft, kind="store", status="done", result={})
    ImportJob.objects.create(draft=draft, kind="read", status="done", result={})
