"""A study that looks like a real one: small fine-tuned systems, large ones as they come, a baseline; simulated votes."""

import random

from django.utils import timezone

from annotations.models import Assignment, Judgement
from models_runner.models import MetricSignature, Run, Score, Summary, System
from tests.factories import AnnotatorFactory, make_study

# slug, name, regime, parameters, seconds a summary, GB, strength in log-odds
SYSTEMS = [
    ("flan-t5-large-ft", "FLAN-T5-Large", "fine-tuned", 780_000_000, 4.2, 3.4, 0.55),
    ("tinyllama-1-1b-ft", "TinyLlama-1.1B", "fine-tuned", 1_100_000_000, 3.1, 2.9, -0.25),
    ("flan-t5-base-ft", "FLAN-T5-Base", "fine-tuned", 250_000_000, 1.6, 1.2, -0.35),
    ("phi-2", "Phi-2", "zero-shot", 2_700_000_000, 7.8, 5.9, 0.05),
    ("llama-2-7b-chat", "Llama-2-7B", "zero-shot", 7_000_000_000, 15.0, 14.1, 0.35),
    ("llama-2-13b-chat", "Llama-2-13B", "zero-shot", 13_000_000_000, 24.0, 27.0, 0.5),
    ("mixtral-8x7b", "Mixtral-8x7B", "zero-shot", 46_700_000_000, 61.0, 94.0, 1.0),
    ("lead-3", "Lead-3", "baseline", None, 0.01, None, -1.5),
]


def make_compared_study(*, documents=12, annotators=6, seed=0, keep=1.0, **study):
    """Every annotator answers every comparison, or a share of them; the winner is drawn from the strengths."""
    made = make_study(systems=len(SYSTEMS), documents=documents, quota=max(1, annotators), **study)
    strengths = _describe(made)
    people = [AnnotatorFactory(study=made) for _ in range(annotators)]
    rng = random.Random(seed)
    criterion, now = made.criteria.first(), timezone.now()
    comparisons = list(made.comparisons.select_related("summary_a__run__system", "summary_b__run__system"))
    assignments, outcomes = [], []
    for comparison in comparisons:
        for slot, annotator in enumerate(people):
            if rng.random() > keep:
                continue
            assignments.append(
                Assignment(
                    comparison=comparison,
                    annotator=annotator,
                    slot=slot,
                    shown_left="a",
                    state="done",
                    completed_at=now,
                )
            )
            outcomes.append(_outcome(rng, strengths[_system(comparison, "a")] - strengths[_system(comparison, "b")]))
    Assignment.objects.bulk_create(assignments)
    Judgement.objects.bulk_create(
        Judgement(assignment=assignment, criterion=criterion, outcome=outcome, lead_time_ms=42_000)
        for assignment, outcome in zip(assignments, outcomes, strict=True)
    )
    return made


def _system(comparison, side):
    return getattr(comparison, f"summary_{side}").run.system.slug


def _outcome(rng, gap):
    if rng.random() < 0.15:
        return rng.choice(["tie", "tie", "both_bad"])
    return "a" if rng.random() < 1 / (1 + 2.718281828**-gap) else "b"


def _describe(study):
    """Gives the made-up systems names, sizes, times and a ROUGE-L that goes roughly along with their strength."""
    signature, _ = MetricSignature.objects.get_or_create(text="rouge|simulated", defaults={"metric": "rouge"})
    rng, strengths = random.Random(1), {}
    for run, system in zip(Run.objects.filter(dataset=study.dataset).order_by("pk"), SYSTEMS, strict=True):
        slug, name, regime, parameters, seconds, gigabytes, strength = system
        System.objects.filter(pk=run.system_id).update(slug=slug, name=name, regime=regime, parameters=parameters)
        memory = gigabytes and round(gigabytes * 1e9)
        run.summaries.update(seconds=seconds, peak_memory_bytes=memory)
        Score.objects.bulk_create(
            Score(summary=one, signature=signature, name="rougeL", value=0.25 + 0.03 * strength + rng.gauss(0, 0.03))
            for one in Summary.objects.filter(run=run)
        )
        strengths[slug] = strength
    return strengths
