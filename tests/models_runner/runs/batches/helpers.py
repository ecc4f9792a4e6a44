"""Runs that are ordered in batches, step by step."""

from models_runner.runs import generation, lifecycle
from models_runner.runs.batches import ordering
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory
from tests.servers.endpoint import completion

OWNER = "elsewhere/1:1:1:1"
PRICE = {"input": 2.0, "output": 8.0}


def started(server, documents=2, decoding=None, long_input=None, turns=None, window=2048, **engine):
    engine = {"base_url": server.url, "preset": "openai", "batch": True, "max_retries": 0} | engine
    system = SystemFactory(
        adapter="openai", model_id="m", context_window=window, engine=engine, price=PRICE,
        decoding=decoding or {}, long_input=long_input or {},
    )  # fmt: skip
    dataset = DatasetFactory()
    for n in range(documents):
        turn = {"speaker": "Maya", "content": f"We ship part {n} on Friday."}
        DocumentFactory(dataset=dataset, transcript=turns or [turn])
    return lifecycle.start_run(system, dataset)


def collect(run):
    return generation.work_on_run(run.pk, owner=OWNER)


def step(run):
    """One look at every open batch; what it said."""
    keys = list(run.batches.open().values_list("pk", flat=True))
    return [ordering.work_on_batch(pk, owner=OWNER) for pk in keys]


def to_the_end(run, rounds=12):
    for _ in range(rounds):
        collect(run)
        step(run)
        run.refresh_from_db()
        if run.status not in ("pending", "running"):
            return run
    raise AssertionError(f"still {run.status}: {list(run.batches.values())}")


def texts(run):
    rows = run.summaries.order_by("document__position")
    return [(s.status, s.text or s.failure_reason) for s in rows]


def echo(body):
    """The part that a prompt is about."""
    said = body["messages"][-1]["content"]
    return 200, completion(f"About part {said.partition('part ')[2][:1]}.")
