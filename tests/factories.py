"""Valid defaults for every model; a test sets only what it is about."""

import itertools
import uuid
from typing import Any

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import Annotator, Comparison, Criterion, Study
from models_runner.datasets.instructions import sync_version
from models_runner.models import Dataset, Document, InstructionKind, Reference, Regime, Run, Summary, System, Transcript

TURNS = [
    {"speaker": "Maya", "content": "We ship the checkout on Friday."},
    {"speaker": "Leo", "content": "The payment tests still fail, I will fix them by Wednesday."},
    {"speaker": "Maya", "content": "Good, then we keep the date."},
]


class UserFactory(DjangoModelFactory):
    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.django.Password("correct horse")

    class Meta:
        model = get_user_model()


class DatasetFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"meetings-{n}")

    class Meta:
        model = Dataset


class DocumentFactory(DjangoModelFactory):
    dataset = factory.SubFactory(DatasetFactory)
    external_id = factory.Sequence(lambda n: f"meeting-{n}")
    position = factory.Sequence(lambda n: n)
    word_count = 20
    content_hash = factory.LazyFunction(lambda: uuid.uuid4().hex * 2)

    class Meta:
        model = Document
        skip_postgeneration_save = True

    @factory.post_generation
    def transcript(obj: Document, create: bool, extracted: Any, **kwargs: Any) -> None:
        turns = extracted or TURNS
        Transcript.objects.create(document=obj, turns=turns, original_turns=turns)


class ReferenceFactory(DjangoModelFactory):
    document = factory.SubFactory(DocumentFactory)
    instruction = InstructionKind.MEDIUM
    text = "The checkout ships on Friday. Leo fixes the payment tests by Wednesday."

    class Meta:
        model = Reference


class SystemFactory(DjangoModelFactory):
    # Of one width: tests take systems in the order of their names, whatever ran before them.
    slug = factory.Sequence(lambda n: f"system-{n:05}")
    name = factory.LazyAttribute(lambda o: o.slug)
    adapter = "scripted"
    regime = Regime.ZERO_SHOT

    class Meta:
        model = System


class RunFactory(DjangoModelFactory):
    system = factory.SubFactory(SystemFactory)
    dataset = factory.SubFactory(DatasetFactory)
    instruction = InstructionKind.MEDIUM
    instruction_version = factory.LazyAttribute(lambda run: sync_version(run.instruction))

    class Meta:
        model = Run


class SummaryFactory(DjangoModelFactory):
    """A finished summary."""

    run = factory.SubFactory(RunFactory)
    document = factory.SubFactory(DocumentFactory, dataset=factory.SelfAttribute("..run.dataset"))
    status = Summary.Status.DONE
    text = factory.Sequence(lambda n: f"Summary number {n} of the meeting.")
    stop_reason = Summary.StopReason.END
    dropped_tokens = 0
    prompt_tokens = 100
    output_tokens = 12
    seconds = 1.5

    class Meta:
        model = Summary


class StudyFactory(DjangoModelFactory):
    slug = factory.Sequence(lambda n: f"study-{n}")
    title = factory.LazyAttribute(lambda o: o.slug)
    dataset = factory.SubFactory(DatasetFactory)
    status = Study.Status.OPEN
    quota = 3

    class Meta:
        model = Study


class CriterionFactory(DjangoModelFactory):
    study = factory.SubFactory(StudyFactory)
    key = "overall"
    question = "Which summary is better overall?"
    position = factory.Sequence(lambda n: n)

    class Meta:
        model = Criterion


class AnnotatorFactory(DjangoModelFactory):
    study = factory.SubFactory(StudyFactory)
    number = factory.Sequence(lambda n: n + 1)
    pseudonym = factory.LazyAttribute(lambda o: f"annotator-{o.number:03d}")

    class Meta:
        model = Annotator


def make_study(
    *, systems: int = 3, documents: int = 4, quota: int = 3, criteria: tuple[str, ...] = ("overall",), **study: Any
) -> Study:
    """An open study in which every system has a finished summary of every document; comparisons of all pairs."""
    made = StudyFactory(quota=quota, **study)
    for position, key in enumerate(criteria):
        CriterionFactory(study=made, key=key, position=position)
    docs = [DocumentFactory(dataset=made.dataset) for _ in range(documents)]
    runs = [
        RunFactory(dataset=made.dataset, instruction=made.instruction, status=Run.Status.DONE) for _ in range(systems)
    ]
    made.systems.set([run.system for run in runs])
    # All at once: most tests begin here.
    summaries = [[SummaryFactory.build(run=run, document=document) for run in runs] for document in docs]
    Summary.objects.bulk_create(itertools.chain.from_iterable(summaries))
    pairs = itertools.chain.from_iterable(itertools.combinations(of_document, 2) for of_document in summaries)
    Comparison.objects.bulk_create(
        Comparison(study=made, document=a.document, summary_a=a, summary_b=b, quota=quota, shuffle=shuffle)
        for shuffle, (a, b) in enumerate(pairs)
    )
    recount_pairs(made)
    return made
