"""A protocol that fine-tunes: from files to the summaries of the new system, killed on the way, with nothing twice."""

import json
from collections import Counter
from contextlib import contextmanager

import pytest

from annotations.models import Comparison, Study
from jobs.workers.presence import workers_for
from models_runner.models import FineTuning, Run, Summary, System
from protocol.file.reading import read_protocol_file
from protocol.file.writing import as_text, without_comments
from protocol.models import ProtocolRecord
from protocol.study.export import protocol_text
from tests.models_runner.checkpoints import saved_decoder
from tests.protocol.files import small, text_of
from tests.services.test_finetuning_worker import LOADED
from tests.services.test_protocol import FAST, killed_when, start
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker, pytest.mark.weights]

SPLITS = {"train": 6, "validation": 2, "test": 3}
STEPS = 120
SAID = {"train": "tests fail", "validation": "write a budget", "test": "a library on friday"}


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


def meetings(path):
    lines = [
        {
            "id": f"{split}-{number}",
            "split": split,
            "transcript": [
                {"speaker": "Maya", "content": "we ship the checkout on friday ."},
                # Of the documents that are learnt from none is compared, also none of the same words.
                {"speaker": "Leo", "content": f"{'fix ' * number}{SAID[split]} ."},
            ],
            "references": ["we ship on friday ."],
        }
        for split, count in SPLITS.items()
        for number in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")


@pytest.fixture
def file(tmp_path):
    from transformers import LlamaConfig

    meetings(tmp_path / "meetings.jsonl")
    base = {
        "name": "Tiny", "adapter": "transformers", "regime": "zero-shot", "context_window": 96,
        "model_id": saved_decoder(tmp_path / "base", LlamaConfig), "decoding": {"max_tokens": 8},
        "engine": {"device": "cpu"},
    }  # fmt: skip
    settings = {"max_steps": STEPS, "evaluate_every": 10, "accumulation": 1, "learning_rate": 1e-4, "patience": 1000}
    data = small(
        # In a language whose evidence needs no weights, which another worker would load.
        datasets={"m": {"sources": [{"path": "meetings.jsonl", "format": "jsonl", "language": "de"}]}},
        systems={"tiny": base, "lead-3": "catalogue"},
        finetunings={
            "tiny-tuned": {
                "base": "tiny", "dataset": "m", "split": "train", "validation_split": "validation",
                "instruction": "short", "method": "lora", "settings": settings,
            }
        },
        study__slug="tuned", study__systems=["lead-3", "tiny", "tiny-tuned"], study__documents={"split": "test"},
        analysis={"margin": 0.05, "small_system": "tiny-tuned", "large_system": "tiny"},
    )  # fmt: skip
    path = tmp_path / "study.yaml"
    path.write_text(text_of(data), encoding="utf-8")
    return path


def job():
    return FineTuning.objects.filter(name="tiny-tuned").first()


def has_checkpoints():
    there = job()
    return there is not None and there.step >= 25


@contextmanager
def working(folder):
    """A worker that the command finds and needs not start, with PyTorch loaded; it is killed at the end."""
    with worker("generation", "metrics", log=folder / "worker", loaded=LOADED, **FAST):
        wait_until(lambda: workers_for("generation"), what="a worker")
        yield


def test_it_ends_with_the_summaries_of_the_tuned_system(file, tmp_path):
    log = tmp_path / "log"
    with working(tmp_path):
        killed_when(file, log, has_checkpoints, "two checkpoints", loaded=LOADED)
    killed_at = job().step
    assert killed_at < STEPS
    assert not Study.objects.exists()
    with working(tmp_path):
        process = start(file, log, loaded=LOADED)
        assert process.wait(150) == 0, log.read_text()
    assert "Everything is done." in log.read_text()

    tuning = FineTuning.objects.get()
    assert (tuning.status, tuning.step, tuning.attempts) == ("done", STEPS, 2)
    assert 10 <= tuning.environment["resumed_from_step"] <= killed_at
    assert System.objects.filter(slug="tiny-tuned", regime="fine-tuned").count() == 1
    assert tuning.system.slug == "tiny-tuned"
    learned = Counter(tuning.documents.values_list("document__split", "document__external_id"))
    assert set(learned.values()) == {1}
    assert {split for split, _ in learned} == {"train", "validation"}

    assert (Study.objects.count(), ProtocolRecord.objects.count()) == (1, 1)
    assert Run.objects.filter(status="done").count() == Run.objects.count() == 3
    written = Counter(Summary.objects.done().values_list("run__system__slug", "document__external_id"))
    assert len(written) == 9
    assert set(written.values()) == {1}
    assert not Summary.objects.filter(leaked=True).exists()
    tuned = Summary.objects.done().filter(run__system__slug="tiny-tuned")
    assert tuned.exclude(text="").exists()
    with_text = Summary.objects.done().exclude(text="").values_list("document", flat=True)
    assert Comparison.objects.count() == sum(n * (n - 1) // 2 for n in Counter(with_text).values())
    assert without_comments(protocol_text(Study.objects.get())) == as_text(read_protocol_file(file))
