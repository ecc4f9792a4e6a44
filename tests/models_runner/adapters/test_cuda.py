"""On a GPU: tiny real checkpoints through the same code path. Where there is no CUDA device nothing here can run."""

import gc
from importlib import import_module

import pytest

from models_runner.adapters.protocol import AdapterError
from models_runner.finetune.job import folder_of
from models_runner.models import FineTuning
from models_runner.runs import generation, lifecycle
from tests.factories import SystemFactory
from tests.models_runner.adapters.test_adapter_transformers import (  # noqa: F401  (fixtures)
    ARCHITECTURES,
    adapter,
    gemma,
    llama,
    mixtral,
    plain_llama,
    request,
    request_fixture,
    t5,
)
from tests.models_runner.checkpoints import saved_decoder, saved_t5
from tests.models_runner.finetune.training import _here, dataset, losses, started, worked  # noqa: F401  (fixtures)


class Torch:
    """Loaded where a test asks for it: every process of the tests reads this file, and pytest asks for hidden names."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(import_module("torch"), name)


torch = Torch()

QUICK = {"max_steps": 20, "evaluate_every": 10, "accumulation": 1, "max_tokens": 64}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once,
    pytest.mark.skipif("not torch.cuda.is_available()", reason="no CUDA device"),
]


def on_gpu(model):
    return adapter(model, engine={})


def on_any(model):
    """A system that names no device."""
    return SystemFactory(
        slug="tiny", adapter="transformers", model_id=model, context_window=96, decoding={"max_tokens": 8}, engine={}
    )


@pytest.mark.parametrize("further", [{"cache": "static"}, {"batching": "continuous"}], ids=["static", "continuous"])
def test_other_ways_of_writing_batches_write_the_same(further, llama):  # noqa: F811
    """In float32; a static cache is compiled here."""
    requests = [request(words) for words in (3, 14, 1, 9)]
    plain = adapter(llama, engine={"dtype": "float32"}).summarize(requests)
    other = adapter(llama, engine={"dtype": "float32", **further}).summarize(requests)
    assert [made.text for made in other] == [made.text for made in plain]


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_gpu_is_chosen_and_reads_bfloat16(model, request_fixture):  # noqa: F811
    loaded = on_gpu(request_fixture(model))
    made = loaded.summarize([request()])[0]
    assert 0 < made.output_tokens <= 8
    environment = loaded.environment()
    assert (environment["device"], environment["dtype"]) == ("cuda", "bfloat16")
    # Of the GPU, on which a tiny model takes little; the process takes hundreds of times as much.
    assert 0 < made.peak_memory_bytes < 2**27


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_gpu_writes_what_the_processor_writes(model, request_fixture):  # noqa: F811
    requests = [request(words) for words in (3, 14, 1, 9, 6)]
    here, there = (
        [made.text for made in adapter(request_fixture(model), engine=engine).summarize(requests)]
        for engine in ({"device": "cpu"}, {"device": "cuda", "dtype": "float32"})
    )
    assert here == there


def test_the_most_memory_is_counted_anew_for_every_system(llama):  # noqa: F811
    held = torch.zeros(2**28, dtype=torch.uint8, device="cuda")
    del held
    assert on_gpu(llama).summarize([request()])[0].peak_memory_bytes < 2**27


@pytest.fixture
def little_memory():
    """The GPU as one whose memory is nearly full; yields how to leave so many bytes free."""
    total = torch.cuda.get_device_properties(0).total_memory

    def leave(free):
        gc.collect()  # models of tests before
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + free) / total)

    yield leave
    torch.cuda.set_per_process_memory_fraction(1.0)


def long_model(tmp_path):
    """A decoder whose answer to 2,000 tokens takes tens of megabytes."""
    from transformers import LlamaConfig

    wide = {"hidden_size": 512, "intermediate_size": 4096, "max_position_embeddings": 4096}
    return saved_decoder(tmp_path / "wide", LlamaConfig, **wide)


def test_a_batch_too_large_for_the_gpu_is_halved_and_nothing_is_lost(tmp_path, little_memory):
    loaded = adapter(long_model(tmp_path), context_window=4096, engine={"batch_size": 16})
    requests = [request(600 + n) for n in range(16)]
    sizes, generate = [], loaded.engine.model.generate
    expected = loaded.summarize(requests)

    def watched(input_ids, **settings):
        sizes.append(len(input_ids))
        return generate(input_ids=input_ids, **settings)

    loaded.engine.model.generate = watched
    little_memory(2**28)
    made = loaded.summarize(requests)
    assert sizes[0] == 16
    assert max(size for size in sizes[1:]) < 16
    assert [one.prompt_tokens for one in made] == [one.prompt_tokens for one in expected]
    assert all(one.output_tokens for one in made)


def test_a_prompt_too_large_for_the_gpu_says_so(tmp_path, little_memory):
    loaded = adapter(long_model(tmp_path), context_window=4096, engine={})
    little_memory(2**21)
    with pytest.raises(AdapterError, match=r"Out of memory on cuda: one prompt of \d+ tokens"):
        loaded.summarize([request(1000)])


@pytest.fixture(scope="module")
def calm_t5(tmp_path_factory):
    """One whose weights are close enough together to learn."""
    return saved_t5(tmp_path_factory.mktemp("calm_t5"), spread=1.0)


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("model", ["llama", "calm_t5"])
def test_a_system_trained_on_a_gpu_learns_and_writes(model, method, request_fixture, dataset):  # noqa: F811
    rate = {"lora": 0.05, "full": 0.01}[method]
    job = worked(
        started(on_any(request_fixture(model)), dataset, method=method, settings=QUICK | {"learning_rate": rate})
    )
    assert (job.status, job.failure_reason) == (FineTuning.Status.DONE, "")
    assert losses(job)[-1] < losses(job)[0]
    record = job.environment
    assert (record["adapter"]["device"], record["machine"]["gpu"]) == ("cuda", torch.cuda.get_device_name(0))
    assert record["adapter"]["dtype"] == {"lora": "bfloat16", "full": "float32"}[method]
    assert 0 < record["peak_memory_bytes"] < 2**27
    assert list((folder_of(job) / "weights").glob("*.safetensors"))
    run = lifecycle.start_run(job.system, dataset, split="test")
    generation.work_on_run(run.pk, owner="host:1:1:1")
    assert run.summaries.done().count() == 2


def test_a_training_that_was_stopped_on_a_gpu_goes_on_there(llama, dataset, monkeypatch):  # noqa: F811
    from models_runner.finetune import lifecycle as finetune

    job = started(on_any(llama), dataset, settings=QUICK)
    original = FineTuning.objects.none().__class__.update
    stopped = []

    def cancel(rows, **values):
        if values.get("step") == 12 and not stopped:
            stopped.append(12)
            finetune.cancel_finetuning(job)
        return original(rows, **values)

    monkeypatch.setattr(FineTuning.objects.none().__class__, "update", cancel)
    assert worked(job).status == FineTuning.Status.CANCELLED
    finetune.resume_finetuning(job)
    assert (worked(job).status, job.environment["resumed_from_step"]) == (FineTuning.Status.DONE, 10)
