"""Run a protocol: every step that the database does not say is done, in order, and wait for the workers."""

from collections.abc import Iterator

from annotations.models import Study
from models_runner.models import Run
from protocol.file.completing import single_runs
from protocol.file.schema import Protocol
from protocol.running.imports import ImportDocuments, ImportSummaries
from protocol.running.making import MakeStudy
from protocol.running.summaries import StartRun, wait_for_runs, wait_for_scores
from protocol.running.systems import AddSystem, FineTune
from protocol.running.updating import update_study
from protocol.running.work import DiffersError, Step, StepError, Work
from protocol.study.compare import differences
from protocol.study.export import protocol_of
from protocol.study.records import first_vote, put_on_record

PLAN_WORDS = ("analysis.criterion", "analysis.exclusion", "analysis.stopping", "analysis.notes")


def steps_of(protocol: Protocol) -> Iterator[Step]:
    """Yield the steps in an order in which each finds what it needs."""
    for name, part in protocol.datasets.items():
        if not part.sources:
            yield ImportDocuments(name, part)
        for number, source in enumerate(part.sources, start=1):
            yield ImportDocuments(name, part, source, is_last=number == len(part.sources))
    yield from _systems(protocol)
    for summaries in protocol.summaries:
        yield ImportSummaries(summaries)
    yield MakeStudy(protocol.study)
    yield from run_steps(protocol)


def run_steps(protocol: Protocol) -> Iterator[StartRun]:
    for key, kind, slug in single_runs(protocol.runs):
        yield StartRun(key, kind, slug)


def _systems(protocol: Protocol) -> Iterator[Step]:
    """Yield systems and fine-tunings, each after the one that it begins with."""
    waiting: dict[str, Step] = {slug: AddSystem(slug, part) for slug, part in protocol.systems.items()}
    waiting |= {name: FineTune(name, part) for name, part in protocol.finetunings.items()}
    bases = {slug: part.base for slug, part in protocol.systems.items()}
    bases |= {name: part.base for name, part in protocol.finetunings.items()}
    while waiting:
        ready = [slug for slug in waiting if bases[slug] not in waiting]
        if not ready:
            raise StepError(f"{', '.join(waiting)} are each tuned from one another. One must come first.")
        # Systems first: they are stored at once, and fine-tunings take hours.
        for slug in sorted(ready, key=lambda slug: (slug in protocol.finetunings, slug)):
            yield waiting.pop(slug)


def check_study(work: Work) -> None:
    """Refuse a study that is there and is another one. Raises DiffersError."""
    study = Study.objects.filter(slug=work.protocol.study.slug).first()
    if study is None:
        return
    stopping = [difference for difference in differences(work.protocol, protocol_of(study)) if difference.stops]
    if first_vote(study) is None:
        # Until then what is planned can be put in other words; each version stays on record with its time.
        stopping = [difference for difference in stopping if difference.key not in PLAN_WORDS]
    if stopping and work.update:
        stopping = update_study(study, work, stopping)
    if stopping:
        raise DiffersError(study.slug, stopping)


def begin(work: Work) -> Study:
    """Do every step but waiting for runs and metrics. Raises StepError."""
    if not work.keep:
        check_study(work)
    for step in steps_of(work.protocol):
        if not step.is_done(work):
            work.say(f"{step.title}: {step.do(work)}")
    study = Study.objects.get(slug=work.protocol.study.slug)
    if not work.keep:
        put_on_record(study, work.protocol, work.by)
    return study


def finish(work: Work) -> list[str]:
    """Wait for all runs and metrics; return what failed. Raises StepError."""
    runs = [run for step in run_steps(work.protocol) if (run := step.run()) is not None]
    failed = wait_for_runs(runs)
    imported = Run.objects.filter(dataset__name__in={part.dataset for part in work.protocol.summaries})
    runs += list(imported.filter(system__slug__in=work.protocol.systems, system__adapter="imported"))
    return failed + wait_for_scores(runs, work.protocol.metrics, retry=work.retry)
