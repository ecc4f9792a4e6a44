"""The catalogue of faults (docs/faults.md): each ends in a state a person understands, on the row and on the page."""

import errno
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from jobs import messages
from jobs.sweeper import sweep
from lib.faults import disk_is_full
from lib.storage.bucket import StorageGoneError
from models_runner.adapters.protocol import TransientAdapterError
from models_runner.adapters.registry import unload_all
from models_runner.adapters.scripted import ScriptedAdapter
from models_runner.models import Run, Summary, SummaryCall
from models_runner.runs import generation, lifecycle
from models_runner.runs.requests import adapter_spec
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory
from tests.models_runner.checkpoints import saved_decoder
from tests.people import researcher

pytestmark = pytest.mark.django_db

LARGE = "The team agreed on many a date. " * 8000
CIRCLES = "The team agreed on the date. " * 20
FREE_SPACE = "Free some space"


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """No messages: these tests call the work themselves. Gives the function that would have sent them."""
    send = messages.send
    monkeypatch.setattr(messages, "send", lambda task, *args, delay=None: None)
    return send


@pytest.fixture
def dataset():
    dataset = DatasetFactory()
    for n in range(4):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    return dataset


def scripted(**engine):
    return SystemFactory(adapter="scripted", engine={"default": "A summary of {document_id}."} | engine)


@pytest.fixture
def m1_says(monkeypatch):
    """Sets the text of document m1; an answer in the system's record would stand in the run's record too."""
    text_of = ScriptedAdapter._text

    def says(text):
        monkeypatch.setattr(
            ScriptedAdapter, "_text", lambda self, asked: text if asked.document_id == "m1" else text_of(self, asked)
        )

    return says


def work(run):
    said = generation.work_on_run(run.pk, owner="host:1:1:1")
    run.refresh_from_db()
    return said


def of(run, document):
    return run.summaries.get(document__external_id=document)


@pytest.fixture
def page():
    client = researcher()
    return lambda shown: client.get(shown.get_absolute_url()).content.decode()


# ---- the disk is full


@contextmanager
def full_for_large_texts():
    """The database takes notes, and nothing as large as LARGE: SQLite for want of pages, PostgreSQL by its own error."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")  # pages that earlier tests left free would hold the text
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 24}")
        else:
            _refuse_on_postgresql(cursor, "length(NEW.text) > 100000")
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA max_page_count = 1073741823")
        else:
            cursor.execute("DROP FUNCTION disk_full CASCADE")


def _refuse_on_postgresql(cursor, condition):
    cursor.execute(
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        "'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
    )
    cursor.execute(
        "CREATE TRIGGER disk_full BEFORE UPDATE ON models_runner_summary FOR EACH ROW "
        f"WHEN ({condition}) EXECUTE FUNCTION disk_full()"
    )


@pytest.mark.django_db(transaction=True)
def test_a_summary_a_full_database_does_not_take_waits_with_the_reason_and_is_written_later(dataset, page, m1_says):
    m1_says(LARGE)
    run = lifecycle.start_run(scripted(), dataset)
    with full_for_large_texts():
        work(run)
        waiting = of(run, "m1")
        assert (waiting.status, waiting.text, waiting.owner) == (Summary.Status.PENDING, "", "")
        assert "The disk is full" in waiting.failure_reason
        assert FREE_SPACE in waiting.failure_reason
        assert run.counts()["done"] == 3
        assert FREE_SPACE in page(run)
    Summary.objects.update(not_before=timezone.now())
    work(run)
    assert run.status == Run.Status.DONE
    assert of(run, "m1").text == LARGE


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_stays_full_fails_the_summary_and_retry_failed_ends_the_run(dataset, settings, m1_says):
    settings.RETRY_SECONDS = 0
    m1_says(LARGE)
    run = lifecycle.start_run(scripted(), dataset)
    with full_for_large_texts():
        work(run)
    assert (run.status, run.counts()["failed"]) == (Run.Status.FAILED, 1)
    assert "The disk is full" in run.failure_reason
    assert "given up after 5 attempts" in of(run, "m1").failure_reason
    lifecycle.retry_failed(run)
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.DONE, 4)


@contextmanager
def no_writes_at_all():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        else:
            _refuse_on_postgresql(cursor, "OLD.status = 'running'")
        yield
        cursor.execute(
            "PRAGMA query_only = OFF" if connection.vendor == "sqlite" else "DROP FUNCTION disk_full CASCADE"
        )


@pytest.mark.django_db(transaction=True)
def test_what_a_database_without_any_room_could_not_note_is_taken_up_by_the_sweeper(dataset, monkeypatch):
    run = lifecycle.start_run(scripted(), dataset)
    original, full = generation._summarize, no_writes_at_all()

    def fill_the_disk_meanwhile(adapter, requests):
        full.__enter__()
        return original(adapter, requests)

    with monkeypatch.context() as patched:
        patched.setattr(generation, "_summarize", fill_the_disk_meanwhile)
        assert "a sweep takes it up again" in work(run)
    full.__exit__(None, None, None)
    assert (run.status, run.counts()["running"], run.counts()["done"]) == (Run.Status.RUNNING, 1, 0)
    assert not SummaryCall.objects.exists()
    run.summaries.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep() == {"freed": 1, "announced": 1}
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.DONE, 4)


def test_a_full_disk_in_the_adapter_passes_once_there_is_space(dataset, settings):
    settings.RETRY_SECONDS = 0
    run = lifecycle.start_run(scripted(faults={"m1": ["disk full", "disk full"]}), dataset)
    work(run)
    assert run.status == Run.Status.DONE
    assert of(run, "m1").attempts == 3


def test_a_full_disk_in_the_adapter_that_stays_full_fails_with_what_to_do(dataset, settings, page):
    settings.RETRY_SECONDS = 0
    run = lifecycle.start_run(scripted(faults={"m1": "disk full"}), dataset)
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.FAILED, 3)
    html = page(run)
    assert FREE_SPACE in html
    assert 'id="retry"' in html


@pytest.mark.parametrize("fault", ["storage", "disk"])
def test_a_run_waits_for_weights_while_storage_is_gone_or_the_disk_full(dataset, monkeypatch, settings, page, fault):
    def not_now(key, spec):
        if fault == "disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        raise TransientAdapterError("It does not answer.") from StorageGoneError("It does not answer.")

    run = lifecycle.start_run(scripted(), dataset)
    with monkeypatch.context() as patched:
        patched.setattr(generation, "load_adapter", not_now)
        patched.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
        work(run)
    assert (run.status, run.counts()["pending"]) == (Run.Status.PENDING, 4)
    assert (FREE_SPACE if fault == "disk" else "It does not answer.") in page(run)
    work(run)
    assert run.counts()["pending"] == 4  # not at once
    Summary.objects.update(not_before=timezone.now())
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.DONE, 4)
    assert set(run.summaries.values_list("attempts", flat=True)) == {1}


def test_weights_that_do_not_fit_the_disk_fail_the_run_and_leave_no_half_file(dataset, monkeypatch, tmp_path, settings):
    """A package that puts its weights together from parts, on a disk with no room for them."""
    settings.DATA_DIR = tmp_path / "data"
    package = tmp_path / "parted_weights"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import errno\n"
        "def assemble(path):\n"
        "    path.write_bytes(b'GG')\n"
        "    raise OSError(errno.ENOSPC, 'No space left on device')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("models_runner.systems.readiness._package", lambda name: "")
    unload_all()
    run = lifecycle.start_run(SystemFactory(adapter="llamacpp", model_id="package:parted-weights"), dataset)
    work(run)
    assert (run.status, run.counts()["failed"]) == (Run.Status.FAILED, 4)
    assert "The disk is full" in run.failure_reason
    assert FREE_SPACE in run.failure_reason
    assert not list((settings.DATA_DIR / "weights").iterdir())


def test_a_message_that_does_not_fit_the_disk_is_left_to_the_sweeper(dataset, caplog, monkeypatch, sent):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("celery.current_app.send_task", full)
    run = lifecycle.start_run(scripted(), dataset)
    sent(Run.TASK, run.pk)
    assert "waits for the sweeper" in caplog.text
    Run.objects.update(announced_at=timezone.now() - timedelta(minutes=5))
    assert sweep()["announced"] == 1


def test_a_full_disk_is_told_from_other_errors():
    try:
        raise RuntimeError("could not write") from OSError(errno.ENOSPC, "No space left on device")
    except RuntimeError as error:
        assert disk_is_full(error)
    assert not disk_is_full(OSError(errno.EACCES, "Permission denied"))
    assert not disk_is_full(sqlite3.OperationalError("database is locked"))


# ---- what the database refuses for another reason


@pytest.mark.django_db(transaction=True)
def test_a_text_the_database_refuses_fails_alone(dataset, m1_says):
    """Half of a surrogate pair, as an endpoint that cuts its JSON mid-character sends it."""
    m1_says("Half a \ud83d")
    run = lifecycle.start_run(scripted(), dataset)
    work(run)
    assert (run.status, run.counts()["done"], run.counts()["failed"]) == (Run.Status.FAILED, 3, 1)
    assert of(run, "m1").failure_reason.startswith("The database refused the summary.")


# ---- the system


def test_weights_that_are_missing_at_the_worker_say_what_to_do_on_the_page(dataset, tmp_path, page):
    folder = tmp_path / "weights"
    folder.mkdir()
    run = lifecycle.start_run(SystemFactory(adapter="transformers", model_id=str(folder)), dataset)
    folder.rmdir()
    work(run)
    assert run.status == Run.Status.FAILED
    html = page(run)
    assert "<strong>4 ×</strong> The weights" in html
    assert "are not on this machine" in html


def test_a_system_that_cannot_be_loaded_fails_the_run_with_the_reason(dataset, monkeypatch, page):
    """As when the card's memory does not hold the weights: no run may wait without end for such a system."""

    def starved(key, spec):
        raise RuntimeError("CUDA out of memory. Tried to allocate 14.00 GiB.")

    monkeypatch.setattr(generation, "load_adapter", starved)
    run = lifecycle.start_run(scripted(), dataset)
    work(run)
    assert (run.status, run.counts()["failed"]) == (Run.Status.FAILED, 4)
    assert "could not be loaded. RuntimeError: CUDA out of memory" in page(run)


class Cramped:
    """A model on a machine whose memory holds so many tokens of prompts, padding included."""

    def __init__(self, model, holds):
        self.model, self.holds = model, holds

    def __getattr__(self, name):
        return getattr(self.model, name)

    def generate(self, input_ids, **settings):
        if input_ids.numel() > self.holds:
            raise MemoryError
        return self.model.generate(input_ids=input_ids, **settings)


@pytest.mark.once  # the memory of a model; its faults are stored as all others here
def test_memory_that_holds_no_batch_halves_it_and_fails_only_the_meeting_that_is_too_long(
    dataset, tmp_path, monkeypatch, page
):
    from transformers import LlamaConfig

    long = [{"speaker": "Maya", "content": "we fix the budget " * 12}]
    DocumentFactory(dataset=dataset, external_id="long", transcript=long)
    engine = {"device": "cpu", "batch_size": 8}
    system = SystemFactory(
        adapter="transformers", model_id=saved_decoder(tmp_path, LlamaConfig), engine=engine,
        context_window=128, decoding={"max_tokens": 4, "min_new_tokens": 2},
    )  # fmt: skip
    loaded = generation.load_adapter("transformers", adapter_spec(system))
    loaded.engine.model = Cramped(loaded.engine.model, holds=64)
    run = lifecycle.start_run(system, dataset)
    work(run)
    failed = run.summaries.filter(status="failed")
    assert [s.document.external_id for s in failed] == ["long"]
    assert "Out of memory on cpu: one prompt of" in failed[0].failure_reason
    assert "Use a smaller context window" in page(run)
    assert run.counts()["failed"] + run.counts()["done"] == 5


def test_an_unexpected_fault_fails_only_its_summary_and_is_narrowed_down_in_a_batch(dataset, page):
    run = lifecycle.start_run(scripted(faults={"m2": "unexpected"}, batch_size=4), dataset)
    work(run)
    assert (run.status, run.counts()["done"], run.counts()["failed"]) == (Run.Status.FAILED, 3, 1)
    assert of(run, "m2").failure_reason == "RuntimeError: a fault nobody foresaw, as scripted"
    assert "<strong>1 ×</strong> RuntimeError: a fault nobody foresaw" in page(run)


def test_a_passing_fault_of_a_batch_sends_the_whole_batch_back(dataset):
    run = lifecycle.start_run(scripted(faults={"m2": ["transient"]}, batch_size=4), dataset)
    work(run)
    assert run.counts()["pending"] == 4
    assert set(run.summaries.values_list("failure_reason", flat=True)) == {"a passing fault, as scripted"}


def test_an_adapter_that_loses_an_output_fails_with_the_count(dataset, monkeypatch):
    monkeypatch.setattr("models_runner.adapters.scripted.ScriptedAdapter.summarize", lambda self, requests: [])
    run = lifecycle.start_run(scripted(), dataset)
    work(run)
    assert run.counts()["failed"] == 4
    assert "returned 0 outputs for 1 requests" in run.failure_reason


# ---- the text


def test_an_endless_text_ends_at_the_limit_flagged_as_cut_and_in_circles(dataset, page):
    run = lifecycle.start_run(scripted(answers={"m1": CIRCLES}, faults={"m1": "length"}), dataset)
    work(run)
    endless = of(run, "m1")
    assert (run.status, endless.stop_reason, endless.repeated) == (Run.Status.DONE, "length", True)
    html = page(run)
    assert "1 of 4 outputs was cut off at the output limit" in html
    assert "1 of 4 summaries repeats itself" in html
    assert ">repeats itself<" in page(endless)


def test_an_empty_summary_is_kept_and_counted_as_empty(dataset, page):
    run = lifecycle.start_run(scripted(faults={"m1": "empty"}), dataset)
    work(run)
    assert (run.status, of(run, "m1").stop_reason) == (Run.Status.DONE, "empty")
    assert "1 of 4 summaries is empty" in page(run)
