"""A protocol that is killed on the way goes on where it was, with nothing twice; a real worker does the work."""

import os
import signal
import sys
from collections import Counter

import pytest

from annotations.models import AuditEntry, Comparison, Study
from models_runner.models import (
    Dataset,
    Document,
    ImportedSource,
    InstructionText,
    Run,
    Score,
    ScoringJob,
    Summary,
    System,
)
from protocol.file.reading import read_protocol_file
from protocol.file.writing import as_text, without_comments
from protocol.models import ProtocolRecord
from protocol.study.export import protocol_text
from tests.protocol.files import small, text_of, with_meetings
from tests.services.workers import empty_broker, run, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

FAST = {"SWEEP_SECONDS": "1", "RESEND_SECONDS": "2"}
SLOW = {"name": "Slow", "adapter": "scripted", "regime": "zero-shot", "engine": {"seconds": 0.3}}


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture
def file(tmp_path):
    with_meetings(tmp_path, 6)
    for meeting in (tmp_path / "meetings").iterdir():
        # In a language whose evidence needs no weights, which a worker would load.
        meeting.write_text(meeting.read_text().replace('"language": "en"', '"language": "de"'))
    path = tmp_path / "study.yaml"
    data = small(
        systems__slow=SLOW, study__systems=["lead-3", "lexrank", "slow"], metrics=["length", "rouge"],
        study__slug="killed",
    )  # fmt: skip
    path.write_text(text_of(data), encoding="utf-8")
    return path


def start(file, log, **options):
    command = [sys.executable, "manage.py", "protocol", "run", str(file), "--yes"]
    return run(command, log, **FAST, **options)


def killed_when(file, log, condition, what, **options):
    process = start(file, log, **options)
    try:
        wait_until(lambda: condition() or process.poll() is not None, what=what)
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_three_times_it_ends_with_nothing_twice(file, tmp_path):
    log = tmp_path / "log"
    killed_when(file, log, Document.objects.exists, "the documents are there")
    killed_when(file, log, Study.objects.exists, "the study is there")
    killed_when(file, log, lambda: Summary.objects.done().filter(run__system__slug="slow").count() >= 2, "two texts")
    assert Summary.objects.exclude(status="done").exists()
    process = start(file, log)
    assert process.wait(120) == 0, log.read_text()
    assert "Everything is done." in log.read_text()

    assert Counter(Dataset.objects.values_list("name", flat=True)) == {"m": 1}
    assert (Document.objects.count(), ImportedSource.objects.count()) == (6, 1)
    assert sorted(System.objects.values_list("slug", flat=True)) == ["lead-3", "lexrank", "slow", "textrank"]
    assert set(InstructionText.objects.values_list("version", flat=True)) == {1}
    assert (Study.objects.count(), ProtocolRecord.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="created").count() == 1
    assert Run.objects.filter(status="done").count() == Run.objects.count() == 3
    texts = Counter(Summary.objects.done().values_list("run__system__slug", "document__external_id"))
    assert len(texts) == 18
    assert set(texts.values()) == {1}
    assert Comparison.objects.count() == 18
    assert ScoringJob.objects.filter(metric__in=["length", "rouge"], status="done").count() == 6
    assert set(Counter(Score.objects.values_list("summary_id", "name")).values()) == {1}
    assert Score.objects.filter(name="words").count() == 18
    assert without_comments(protocol_text(Study.objects.get())) == as_text(read_protocol_file(file))
