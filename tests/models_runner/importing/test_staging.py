"""A large import lets others write, and shows nothing before it is whole."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import Worker
from jobs.ownership import machine_id, owner_id
from jobs.sweeper import sweep
from models_runner.importing import documents
from models_runner.importing.documents import import_documents
from models_runner.importing.records import DatasetImportError, ImportedRecord
from models_runner.models import Dataset, Document
from tests.factories import DocumentFactory
from tests.people import researcher

TURNS = [{"speaker": "Ana", "content": "Hello."}]


def records(count):
    return [ImportedRecord(f"m{n}", TURNS, TURNS, "en", where=f"line {n}") for n in range(count)]


class Interrupted(list):
    """Records between two of which something else happens."""

    def __init__(self, records, before, do):
        super().__init__(records)
        self.before, self.do = before, do

    def __iter__(self):
        for place, record in enumerate(super().__iter__()):
            if place == self.before:
                self.do()
            yield record


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(documents, "BATCH", 3)


def elsewhere(do):
    """Do it on another connection, and wait until it is done."""
    raised = []

    def work():
        try:
            do()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not raised, raised


@pytest.mark.django_db(transaction=True)
def test_others_write_between_the_batches_of_an_import():
    def vote():
        elsewhere(lambda: Worker.objects.create(owner="somebody", seen_at=timezone.now()))

    result = import_documents("a", Interrupted(records(8), 6, vote))
    assert (result.added, Worker.objects.count()) == (8, 1)


@pytest.mark.django_db
class TestStaging:
    def test_nothing_is_seen_before_the_import_is_whole(self):
        seen = []

        def look():
            client = researcher()
            staged = Dataset.with_staged.get()
            page = client.get(f"/documents/{staged.documents.first().pk}/")
            listed = client.get("/datasets/").content.decode()
            seen.append((list(Dataset.objects.all()), page.status_code, staged.name in listed))

        import_documents("a", Interrupted(records(8), 6, look))
        assert seen == [([], 404, False)]
        assert [d.external_id for d in Dataset.objects.get().documents.all()] == [f"m{n}" for n in range(8)]
        assert Dataset.with_staged.count() == 1

    def test_a_failure_after_a_batch_leaves_nothing(self):
        def fail():
            raise RuntimeError("no more")

        with pytest.raises(RuntimeError):
            import_documents("a", Interrupted(records(8), 6, fail))
        assert not Dataset.with_staged.exists()
        assert not Document.objects.exists()

    def test_what_must_happen_with_the_import_happens_with_it_or_neither_does(self):
        def refuse(result):
            raise RuntimeError("held no more")

        with pytest.raises(RuntimeError):
            import_documents("a", records(8), on_stored=refuse)
        assert not Dataset.with_staged.exists()

    def test_two_imports_of_one_dataset_at_once_store_no_document_twice(self):
        with pytest.raises(DatasetImportError, match="came or went while this was imported"):
            import_documents("a", Interrupted(records(8), 6, lambda: import_documents("a", records(4))))
        assert Document.objects.count() == 4
        import_documents("a", records(8))
        assert list(Document.objects.values_list("external_id", "position")) == [(f"m{n}", n) for n in range(8)]

    def test_what_a_killed_import_left_is_deleted_by_a_sweep(self):
        gone, alive, kept = DocumentFactory(), DocumentFactory(), DocumentFactory()
        Dataset.objects.filter(pk=gone.dataset_id).update(staged_by=f"{machine_id()}:1:0:1")
        Dataset.objects.filter(pk=alive.dataset_id).update(staged_by=owner_id())
        sweep()
        assert set(Document.objects.values_list("pk", flat=True)) == {alive.pk, kept.pk}
