"""A study in which every name, note and figure around the summaries has a marker, and every primary key is recognisable."""

import itertools
from contextlib import contextmanager
from unittest import mock

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import pre_save

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import Assignment, Comparison, Judgement, JudgementRevision, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.rating import assignment
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
# Of rows written by hand, apart from those that models write.
BY_HAND = {Assignment: 987_652_001, Judgement: 987_652_301, JudgementRevision: 987_652_601}
PROBABILITY = 0.987650001


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
            instance.probability = PROBABILITY
        if instance.pk is None and instance._meta.app_label in ("models_runner", "annotations"):
            instance.pk = next(numbers)

    models = (*apps.get_app_config("models_runner").get_models(), *apps.get_app_config("annotations").get_models())
    for model in models:
        pre_save.connect(number, sender=model, weak=False, dispatch_uid=f"blind-{model.__name__}")
    try:
        with rows_by_hand_are_recognisable():
            yield
    finally:
        for model in models:
            pre_save.disconnect(sender=model, dispatch_uid=f"blind-{model.__name__}")


@contextmanager
def rows_by_hand_are_recognisable():
    """The same for rows of statements written by hand, which send no signal: the database numbers them."""
    chance = assignment._chance

    def marked_chance(handed_out):
        known = chance(handed_out)
        return known | {"probability": PROBABILITY} if known.get("probability") is not None else known

    before = {model: number_from(model, first) for model, first in BY_HAND.items()}
    try:
        with mock.patch.object(assignment, "_chance", marked_chance):
            yield
    finally:
        for model, number in before.items():
            number_from(model, number)


def number_from(model, first):
    """Have the database give this key to the next row; return which one it would have given."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value + is_called::int FROM {sequence}")
            (following,) = cursor.fetchone()
            cursor.execute("SELECT setval(%s, %s, false)", [sequence, first])
        else:
            cursor.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s", [table])
            (following,) = cursor.fetchone()
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first - 1])
    return following


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
