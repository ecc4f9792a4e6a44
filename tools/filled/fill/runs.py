# mypy: ignore-errors
"""Datasets, systems, runs with their summaries and scores, fine-tunings."""

from django.core.management import call_command
from django.utils import timezone
from models_runner.finetune.services import cancel_finetuning, start_finetuning

from models_runner import generation, scoring, services
from models_runner.models import Document, FineTuning, Run, ScoringJob, Summary, System
from tools.filled.fill.begin import LONG, WORKER, dataset, file, start


def add_questions_dataset() -> None:
    """Documents with queries and splits, two languages, and texts that may not be passed on."""
    turns = [
        {"speaker": "Maya", "content": "We ship the checkout on Friday."},
        {"speaker": "Leo", "content": "The payment tests still fail, I will fix them by Wednesday {noise}."},
        {"speaker": "", "content": "A door slams."},
    ]
    rows = [
        {
            "id": f"meeting-{number}",
            "title": f"Meeting {number}",
            "transcript": [*turns, {"speaker": "Maya", "content": f"Then we meet again in {number} weeks."}],
            "references": {"medium": "The checkout ships on Friday.", "short": "Shipping on Friday."},
            "queries": [
                {"query": "When does it ship?", "references": ["On Friday."]},
                {"query": "Who fixes the tests?", "references": ["Leo, by Wednesday."]},
            ],
            "metadata": {"room": number, "nested": {"b": [1, 2.5, None], "a": True}},
            "redistributable": number == 1,
            "licence": "CC-BY-4.0" if number == 1 else "",
        }
        for number in (1, 2, 3)
    ]
    call_command("import_dataset", file("questions.jsonl", rows), name="questions", format="jsonl", split="test")
    call_command(
        "import_dataset",
        file(
            "more.jsonl",
            [rows[0] | {"id": "zh-1", "language": "zh", "transcript": [{"speaker": "王", "content": "周五发布。"}]}],
        ),
        name="questions",
        format="jsonl",
        split="train",
    )


def write_summaries() -> None:
    add_scripted_system()
    import_summaries()
    start("reference", "sample-meetings")
    start("textrank", "sample-meetings", limit=2)
    start("flaky", "sample-meetings", limit=4)
    for slug in ("lead-3", "lexrank", "flaky"):
        start(slug, "questions", instruction="query")
    for run in Run.objects.exclude(system__slug__startswith="smollm2").order_by("pk"):
        if run.status == Run.Status.PENDING:
            generation.work_on_run(run.pk, owner=WORKER)
    for job in ScoringJob.objects.order_by("pk"):
        scoring.work_on_scoring_job(job.pk, owner=WORKER)


def add_scripted_system() -> None:
    """One that fails, writes nothing, stops early and goes in circles; and one fine-tuned from it."""
    System.objects.create(
        slug="flaky",
        name="Flaky 1.1B",
        adapter="scripted",
        regime="zero-shot",
        parameters=1_100_000_000,
        price={"input": 0.5, "output": 1.5},
        decoding={"temperature": 0, "seed": 1},
        engine={
            "default": "A summary of {document_id}. " * 3,
            "faults": {
                "budget-library": "error",
                "council-riverside-park": "empty",
                "customer-call-greenhouse": "length",
            },
        },
    )


def import_summaries() -> None:
    """Two systems of which only the texts are known: one compact, one large, with seconds and tokens."""
    rows = []
    for place, document in enumerate(Document.objects.filter(dataset__name="sample-meetings").order_by("position")):
        said = [turn["content"] for turn in document.transcript.turns if len(turn["content"]) > 40]
        for system, parameters, first, step in (("acme-780m", 780_000_000, 1, 5), ("acme-70b", 70_000_000_000, 2, 4)):
            text = " ".join(said[first::step][:6])
            if system == "acme-70b" and place == 2:
                text = f"As ChatGPT, I sum up: {text}"
            rows.append(
                {
                    "document_id": document.external_id,
                    "system": system,
                    "summary": text,
                    "parameters": parameters,
                    "seconds": 1.5 + place / 8 if parameters < 1e9 else 9.25 + place / 4,
                    "prompt_tokens": document.word_count,
                    "output_tokens": len(text.split()),
                    "dropped_tokens": 10 * (place % 2) if parameters < 1e9 else 0,
                }
            )
    call_command("import_summaries", file("acme.jsonl", rows), dataset="sample-meetings")
    System.objects.filter(slug="acme-780m").update(regime="fine-tuned", price={"hour": 1.2})
    System.objects.filter(slug="acme-70b").update(price={"input": 2.5, "output": 10})


def set_measures() -> None:
    """What a machine measures is no part of what code must keep: fixed figures in its place."""
    for summary in Summary.objects.done().exclude(seconds=None):
        if summary.run.system.adapter not in ("imported", "scripted"):
            Summary.objects.filter(pk=summary.pk).update(
                seconds=0.01 + summary.pk % 7 / 64,
                peak_memory_bytes=100_000_000 + summary.pk,
                energy_joules=None if summary.pk % 2 else summary.pk / 4,
            )
    machine = {
        "processor": "A processor",
        "cores": 2,
        "memory_bytes": 8 << 30,
        "gpu": "",
        "python": "3.11",
        "system": "Linux",
    }
    for run in Run.objects.exclude(environment={}):
        Run.objects.filter(pk=run.pk).update(environment=run.environment | {"machine": machine})


def leave_runs() -> None:
    """One is cancelled, one half written; one waits for a passing fault to pass."""
    cancelled = Run.objects.get(system__slug="smollm2-135m-instruct")
    services.cancel_run(cancelled)
    half = Run.objects.get(system__slug="smollm2-135m-minutes")
    ids = Summary.objects.claim(half.pk, owner=WORKER, count=3, now=timezone.now(), lease=LONG)
    Run.objects.filter(pk=half.pk).update(status="running", started_at=timezone.now())
    done = {"status": "done", "owner": "", "lease_until": None, "text": "Half a summary.", "stop_reason": "length"}
    Summary.objects.filter(pk=ids[0]).update(
        **done, prompt_tokens=100, output_tokens=3, dropped_tokens=7, seconds=2.0, finished_at=timezone.now()
    )
    Summary.objects.get(pk=ids[0]).calls.create(
        position=1, step="summary", prompt="Sum up.", output="Half a summary.", stop_reason="length", seconds=2.0
    )
    waiting = half.summaries.filter(status="pending").first()
    Summary.objects.filter(pk=waiting.pk).update(attempts=1, error="a passing fault", not_before=timezone.now() + LONG)
    start("lead-3", "questions")
    runs = Run.objects.filter(status="done").order_by("pk")
    services.request_scores(runs[0], ("length",))
    held, _ = ScoringJob.objects.get_or_create(run=runs[1], metric="rouge")
    ScoringJob.objects.filter(pk=held.pk).update(status="running", owner=WORKER, lease_until=timezone.now() + LONG)
    (failed,) = services.request_scores(runs[0], ("no-such-metric",))
    scoring.work_on_scoring_job(failed.pk, owner=WORKER)
    assert ScoringJob.objects.filter(status="failed").exists()


def leave_fine_tunings() -> None:
    base, sample = System.objects.get(slug="smollm2-135m-instruct"), dataset("sample-meetings")
    jobs = {
        name: start_finetuning(
            f"tuned-{name}", base, sample, instruction="medium", settings={"max_steps": 10, "seed": 3}
        )
        for name in ("waiting", "running", "failed", "cancelled", "done")
    }
    cancel_finetuning(jobs["cancelled"])
    held = {"status": "running", "owner": WORKER, "lease_until": timezone.now() + LONG, "attempts": 1}
    FineTuning.objects.filter(pk=jobs["running"].pk).update(**held, step=4, total_steps=10, started_at=timezone.now())
    FineTuning.objects.filter(pk=jobs["failed"].pk).update(status="failed", status_reason="Too little memory.")
    result = System.objects.create(
        slug="tuned-done", name="Tuned", adapter="llamacpp", regime="fine-tuned", base=base, parameters=135_000_000
    )
    FineTuning.objects.filter(pk=jobs["done"].pk).update(
        status="done",
        system=result,
        step=10,
        total_steps=10,
        log=[{"step": 5, "loss": 2.5}, {"step": 10, "loss": 2.25}, {"step": 10, "validation_loss": 2.3}],
        environment={"torch": "2", "machine": {"cores": 2}},
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )
