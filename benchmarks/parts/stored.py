"""Store a study to rate, and any number of judgements that others have given in it and in other studies."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from benchmarks.parts.meetings import TOKENS_A_WORD, meetings

TRANSCRIPT_WORDS = 1500
SUMMARY_WORDS = 80
PAST_SYSTEMS = 10
PAST_DOCUMENTS = 1_000
OTHER_STUDIES = 5
PAST_ANNOTATORS = 500  # of the study that is rated; so many in each other one, too
QUOTA_HERE, QUOTA_ELSEWHERE = 12, 3
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)


def make_study(tasks: int, *, ask_marks: str = "off") -> Any:
    """Create a study of this many meetings, each with two summaries that one annotator is to compare."""
    from annotations.studies.setup import RatingOptions, create_study
    from models_runner.models import Dataset

    dataset = Dataset.objects.create(name="tasks")
    systems = make_runs(dataset, ("left-over", "right-over"))
    fill_dataset(dataset, tasks, seed=1)
    options = RatingOptions(ask_marks=ask_marks)
    return create_study("annotate", dataset, [run.system for run in systems], quota=1, options=options)


def make_runs(dataset: Any, names: Iterable[str]) -> list[Any]:
    from models_runner.datasets.instructions import sync_version
    from models_runner.models import Run, System

    about = {"dataset": dataset, "instruction": "medium", "status": "done"}
    return [
        Run.objects.create(
            system=System.objects.create(slug=name, name=name, adapter="scripted", regime="zero-shot"),
            instruction_version=sync_version("medium"),
            **about,
        )
        for name in names
    ]


def fill_dataset(dataset: Any, documents: int, seed: int) -> None:
    """Store documents with transcripts, and a finished summary of each by every run of the dataset."""
    from models_runner.models import Document, Summary, Transcript

    texts = meetings(documents, round(TRANSCRIPT_WORDS * TOKENS_A_WORD), seed)
    stored_documents = Document.objects.bulk_create(
        Document(
            dataset=dataset, external_id=f"m{n}", position=n, word_count=TRANSCRIPT_WORDS, content_hash=f"{n:064d}"
        )
        for n in range(documents)
    )
    Transcript.objects.bulk_create(
        (
            Transcript(document=document, turns=turns, original_turns=turns)
            for document, turns in zip(stored_documents, texts, strict=True)
        ),
        batch_size=500,
    )
    done = {"status": "done", "stop_reason": "end", "dropped_tokens": 0}
    for run in dataset.runs.order_by("pk"):
        summaries = meetings(documents, 2 * round(SUMMARY_WORDS * TOKENS_A_WORD), seed + run.pk)
        Summary.objects.bulk_create(
            (
                Summary(run=run, document=document, text=_passage(turns), **done)
                for document, turns in zip(stored_documents, summaries, strict=True)
            ),
            batch_size=500,
        )


def _passage(turns: Sequence[dict[str, str]]) -> str:
    words = " ".join(turn["content"] for turn in turns).split()
    return " ".join(words[:SUMMARY_WORDS])


def store_judgements(study: Any, judgements: int, annotators: Sequence[Any]) -> None:
    """Store judgements: half in this study, by these annotators and many others, and half in other studies."""
    from models_runner.models import Dataset

    dataset = Dataset.objects.create(name=f"past {Dataset.objects.count()}")
    systems = [run.system for run in make_runs(dataset, (f"past-{dataset.pk}-{n}" for n in range(PAST_SYSTEMS)))]
    fill_dataset(dataset, PAST_DOCUMENTS, seed=2)
    study.systems.add(*systems)
    here = judgements // 2
    people = [*annotators, *add_annotators(study, PAST_ANNOTATORS - len(annotators))]
    store_votes(study, dataset, people, here, QUOTA_HERE)
    for n in range(OTHER_STUDIES):
        other = _other_study(f"other-{dataset.pk}-{n}", dataset, systems)
        share = (judgements - here) // OTHER_STUDIES + (n < (judgements - here) % OTHER_STUDIES)
        store_votes(other, dataset, add_annotators(other, PAST_ANNOTATORS), share, QUOTA_ELSEWHERE)


def _other_study(slug: str, dataset: Any, systems: Sequence[Any]) -> Any:
    from annotations.models import Criterion, Study

    study = Study.objects.create(slug=slug, title=slug, dataset=dataset, quota=3, status="closed")
    study.systems.set(systems)
    Criterion.objects.create(study=study, key="overall", question="Which summary is better overall?", position=0)
    return study


def add_annotators(study: Any, number: int) -> list[Any]:
    from annotations.models import Annotator

    first = study.annotators.count() + 1
    return Annotator.objects.bulk_create(
        Annotator(study=study, number=n, pseudonym=f"annotator-{n:03d}") for n in range(first, first + number)
    )


def store_votes(study: Any, dataset: Any, people: Sequence[Any], judgements: int, quota: int) -> None:
    """Store comparisons, and a vote by another annotator on each of their places; the last comparison has the rest."""
    from annotations.models import Assignment, Judgement, JudgementRevision

    rng = random.Random(study.pk)
    comparisons = _store_comparisons(study, _summary_pairs(dataset), judgements, quota, rng)
    criterion = study.criteria.get().pk
    places = [(comparison.pk, comparison.quota) for comparison in comparisons]
    votes = list(_votes(rng, places, [person.pk for person in people], _next_id(Assignment)))
    assignments = ((v[0], v[1], v[2], uuid.uuid4(), "done", v[3], v[4], v[5], v[5]) for v in votes)
    insert_rows(Assignment, _ASSIGNMENT, assignments)
    answers = ((v[0], criterion, uuid.uuid4(), v[6], 30_000, 25_000, v[5]) for v in votes)
    insert_rows(Judgement, (*_ANSWER, "public_id", *_SAID, "updated_at"), ((*a, a[-1]) for a in answers))
    answers = ((v[0], criterion, uuid.uuid4(), v[6], 30_000, 25_000, v[5]) for v in votes)
    insert_rows(JudgementRevision, (*_ANSWER, "client_key", *_SAID), answers)


def _summary_pairs(dataset: Any) -> list[tuple[int, int, int]]:
    """Return every (document, summary, summary) of the dataset, by id."""
    from models_runner.models import Summary

    by_document: dict[int, list[int]] = {}
    for document, summary in (
        Summary.objects.filter(run__dataset=dataset).order_by("pk").values_list("document_id", "pk")
    ):
        by_document.setdefault(document, []).append(summary)
    return [(document, a, b) for document, summaries in by_document.items() for a, b in combinations(summaries, 2)]


def _store_comparisons(
    study: Any, pairs: Sequence[tuple[int, int, int]], judgements: int, quota: int, rng: random.Random
) -> list[Any]:
    """Store as many comparisons with this quota as the judgements fill; raise ValueError if there are too few pairs."""
    from annotations.models import Comparison

    if judgements > quota * len(pairs):
        raise ValueError(f"At most {2 * OTHER_STUDIES * quota * len(pairs)} judgements can be stored.")
    wanted = [quota] * (judgements // quota) + [judgements % quota] * (judgements % quota > 0)
    return Comparison.objects.bulk_create(
        (
            Comparison(study=study, document_id=document, summary_a_id=a, summary_b_id=b, shuffle=rng.getrandbits(24),
                       quota=places, taken=places)
            for (document, a, b), places in zip(pairs, wanted, strict=False)
        ),
        batch_size=2_000,
    )  # fmt: skip


_ASSIGNMENT = (
    *("id", "comparison_id", "annotator_id", "token", "state", "slot", "shown_left"),
    *("created_at", "completed_at"),
)
_ANSWER = ("assignment_id", "criterion_id")
_SAID = ("outcome", "lead_time_ms", "active_ms", "created_at")


def _votes(
    rng: random.Random, comparisons: Sequence[tuple[int, int]], people: Sequence[int], first: int
) -> Iterator[tuple[Any, ...]]:
    """Draw votes: the assignment's id, comparison, annotator, slot, side shown left, time, outcome."""
    for comparison, places in comparisons:
        for slot, annotator in enumerate(rng.sample(people, places)):
            when = BEGAN + timedelta(seconds=first)
            outcome = rng.choice(("a", "a", "b", "b", "tie", "both_bad"))
            yield first, comparison, annotator, slot, "ab"[slot % 2], when, outcome
            first += 1


def _next_id(model: Any) -> int:
    from django.db.models import Max

    return (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1


def insert_rows(model: Any, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many rows at once; columns that are not named get the model's defaults."""
    from django.db import connection, transaction

    fields = {field.column: field for field in model._meta.concrete_fields}
    others = [field for name, field in fields.items() if name not in columns and not field.primary_key]
    fixed = tuple(field.get_db_prep_save(field.get_default(), connection) for field in others)
    names = ", ".join(f'"{name}"' for name in (*columns, *(field.column for field in others)))
    into = f"{model._meta.db_table} ({names})"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _without_row_triggers(cursor)
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((*row, *fixed))
        else:
            given = [fields[name] for name in columns]
            marks = ", ".join("%s" for _ in (*columns, *others))
            prepared = (
                (*(field.get_db_prep_save(value, connection) for field, value in zip(given, row, strict=True)), *fixed)
                for row in rows
            )
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", prepared)


def _without_row_triggers(cursor: Any) -> None:
    """Switch off foreign keys and triggers, which take most of the time, if this database user may do so."""
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SET LOCAL session_replication_role = replica")


def settle_database() -> None:
    """Bring counts, sequences and the planner's statistics up to date after many rows were added or deleted."""
    from django.core.management.color import no_style
    from django.db import connection

    from annotations.counts.side_balance import recounted_leads
    from annotations.models import Assignment, Judgement, JudgementRevision, SideLead

    SideLead.objects.all().delete()
    leads = recounted_leads().items()
    SideLead.objects.bulk_create(
        [SideLead(annotator_id=annotator, system_id=system, lead=lead) for (annotator, system), lead in leads]
    )
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Assignment, Judgement, JudgementRevision]):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")  # otherwise rows are written out for minutes while the benchmark measures
