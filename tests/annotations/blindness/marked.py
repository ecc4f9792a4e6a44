"""A study in which every name, note and figure around the summaries has a marker, and every primary key is recognisable."""

import itertools
from contextlib import contextmanager
from unittest import mock

import pytest
from django.apps import apps
from django.db.models.signals import pre_save

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import Assignment, Comparison, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.rating import assignment, votes
from lib import sql
from models_runner.models import Run, Score, Summary, SummaryCall
from models_runner.models.scores import MetricSignature, ScoredSpans
from tests.factories import (
    TURNS,
    CriterionFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    StudyFactory,
    SystemFactory,
)

MARKER = "zqmarker"
FIRST_PK = 987_650_001


@pytest.fixture
def recognisable_keys():
    with keys_are_recognisable():
        yield


@contextmanager
def keys_are_recognisable():
    """Rows get primary keys that no page contains by chance; those made by the views as well."""
    numbers = itertools.count(FIRST_PK)

    def number(instance, **_):
        if isinstance(instance, Assignment) and instance.probability is not None:
            instance.probability = 0.987650001
        if instance.pk is None and instance._meta.app_label in ("models_runner", "annotations"):
            instance.pk = next(numbers)

    def numbered(instance):
        number(instance)
        sql.insert(instance)

    models = (*apps.get_app_config("models_runner").get_models(), *apps.get_app_config("annotations").get_models())
    for model in models:
        pre_save.connect(number, sender=model, weak=False, dispatch_uid=f"blind-{model.__name__}")
    try:
        # Rows written by hand send no signal.
        with mock.patch.object(assignment, "insert", numbered), mock.patch.object(votes, "insert", numbered):
            yield
    finally:
        for model in models:
            pre_save.disconnect(sender=model, dispatch_uid=f"blind-{model.__name__}")


@pytest.fixture
def study(recognisable_keys):
    return marked_study()


def marked_study():
    dataset = DatasetFactory(name=f"{MARKER}-dataset", description=f"{MARKER} description")
    study = StudyFactory(
        dataset=dataset,
        slug=f"{MARKER}-study",
        title=f"{MARKER} title",
        quota=5,
        guidelines="Read first, then judge.",
        sampling="adaptive",
        epsilon=0.987650002,
    )
    CriterionFactory(study=study, key="overall", position=0)
    CriterionFactory(study=study, key="fluency", position=1)
    runs = [marked_run(dataset, n) for n in range(3)]
    study.systems.set([run.system for run in runs])
    for n in range(2):
        document = marked_document(dataset, n)
        summaries = [marked_summary(run, document, k) for k, run in enumerate(runs)]
        if n == 1:
            for summary in summaries:
                marked_evidence(summary)
        for shuffle, (a, b) in enumerate(itertools.combinations(summaries, 2)):
            Comparison.objects.create(
                study=study, document=document, summary_a=a, summary_b=b, quota=5, shuffle=10 * n + shuffle
            )
    recount_pairs(study)
    return study


def marked_run(dataset, n):
    system = SystemFactory(
        slug=f"{MARKER}-slug-{n}",
        name=f"{MARKER} name {n}",
        adapter=f"{MARKER}-adapter",
        model_id=f"org/{MARKER}-model",
        revision=f"{MARKER}-revision",
        licence=f"{MARKER}-licence",
        parameters=987_659_000 + n,
        prompt_template=f"{MARKER} {{transcript}}",
        decoding={MARKER: 1},
        engine={MARKER: 2},
    )
    return RunFactory(
        system=system,
        dataset=dataset,
        split=f"{MARKER}-split",
        status=Run.Status.DONE,
        failure_reason=f"{MARKER} reason",
        environment={MARKER: "version"},
    )


def marked_document(dataset, n):
    return DocumentFactory(
        dataset=dataset,
        external_id=f"{MARKER}-file-{n}.json",
        title="Sprint planning",
        split=f"{MARKER}-split",
        content_hash=f"{MARKER}{n}",
        metadata={"file": MARKER},
        transcript=[turn | {"start": 3_725.5 * n} for n, turn in enumerate(TURNS)],
    )


def marked_summary(run, document, n):
    """One of the three was cut off, which must show on neither side."""
    summary = Summary.objects.create(
        run=run,
        document=document,
        status="done",
        text=f"Text {n}.",
        stop_reason="length" if n == 0 else "end",
        owner=f"{MARKER}-machine",
        failure_reason=f"{MARKER} error",
        prompt_tokens=987_658_000 + n,
        output_tokens=987_657_000 + n,
        dropped_tokens=987_656_000 + n,
        seconds=987_655_000 + n,
        thoughts=f"{MARKER} thought",
        thinking_tokens=987_651_000 + n,
        control_tokens=[f"<|{MARKER}|>"],
    )
    SummaryCall.objects.create(
        summary=summary, position=1, step="summary", prompt=f"{MARKER} prompt", output=summary.text,
        thoughts=f"{MARKER} thought", stop_reason="end", seconds=1.0,
    )  # fmt: skip
    signature, _ = MetricSignature.objects.get_or_create(metric="rouge", text=f"{MARKER} signature")
    Score.objects.create(summary=summary, signature=signature, name=f"{MARKER}", value=987_654_000 + n)
    span = {"start": 0, "end": 4, "value": 0.0, "kind": f"{MARKER} kind"}
    ScoredSpans.objects.create(summary=summary, signature=signature, name=f"{MARKER}", spans=[span])
    return summary


def marked_evidence(summary):
    turns = [{"number": 2, "score": 987_653_000}]
    SummaryEvidence.objects.create(
        summary=summary,
        spans=[{"start": 0, "end": len(summary.text), "turns": turns}],
        signature=f"{METHOD}|{MARKER}",
    )
