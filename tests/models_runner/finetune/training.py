"""Fine-tunings of tiny checkpoints on a few meetings, for tests."""

import shutil

import pytest

from models_runner.finetune import job as job_module
from models_runner.finetune import lifecycle as finetune
from models_runner.finetune.job import work_on_finetuning
from tests.factories import (
    DatasetFactory,
    DocumentFactory,
    ReferenceFactory,
    SystemFactory,
)
from tests.models_runner.checkpoints import WORDS, saved_decoder, saved_t5

QUICK = {"max_steps": 6, "evaluate_every": 3, "accumulation": 1, "learning_rate": 0.01, "max_tokens": 64}


@pytest.fixture(autouse=True)
def _here(monkeypatch, settings, tmp_path):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    settings.DATA_DIR = tmp_path


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    from transformers import LlamaConfig

    return saved_decoder(tmp_path_factory.mktemp("llama"), LlamaConfig)


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return saved_t5(tmp_path_factory.mktemp("t5"), spread=1.0)


@pytest.fixture
def model(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def dataset():
    dataset = DatasetFactory(name="meetings")
    for n in range(10):
        content = " ".join(WORDS[(n + i) % 14] for i in range(4))
        split = "train" if n < 6 else "val" if n < 8 else "test"
        document = DocumentFactory(
            dataset=dataset, external_id=f"m{n}", split=split, transcript=[{"speaker": "Maya", "content": content}]
        )
        ReferenceFactory(document=document, text="we ship the checkout on friday .")
    return dataset


def base(model, **values):
    values = {"slug": "tiny", "adapter": "transformers", "context_window": 96, "parameters": 1000} | values
    return SystemFactory(model_id=model, decoding={"max_tokens": 8}, engine={"device": "cpu"}, **values)


def started(system, dataset, name="tuned", **options):
    options = {"split": "train", "instruction": "medium", "settings": QUICK} | options
    return finetune.start_finetuning(name, system, dataset, **options)


def worked(job, owner="host:1:1:1"):
    work_on_finetuning(job.pk, owner=owner)
    job.refresh_from_db()
    return job


def losses(job, name="loss"):
    return [entry[name] for entry in job.log if name in entry]


@pytest.fixture(scope="module")
def first_training():
    """What the first training of these tests gave: its result, and the folder of its weights."""
    return {}


@pytest.fixture
def trained(llama, dataset, first_training, tmp_path_factory, monkeypatch):
    """A job that is done. The training itself runs once: the same base, documents and seed give the same weights."""

    def train(*arguments):
        if not first_training:
            first_training["result"] = original_train(*arguments)
        return first_training["result"]

    def save(engine, method, *, merge, folder):
        if "folder" not in first_training:
            first_training["folder"] = tmp_path_factory.mktemp("first") / "weights"
            original_save(engine, method, merge=merge, folder=first_training["folder"])
        shutil.copytree(first_training["folder"], folder)

    original_train, original_save = job_module.train_model, job_module.save_weights
    monkeypatch.setattr(job_module, "train_model", train)
    monkeypatch.setattr(job_module, "save_weights", save)
    return worked(started(base(llama), dataset))
