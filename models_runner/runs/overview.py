"""Collect what pages show about runs and their summaries, counted in the database and ready to print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Avg, Count, Max, Q, Sum
from django.db.models.functions import Substr

from jobs.workers.presence import workers_for
from models_runner.models import (
    ProviderBatch,
    Run,
    ScoringJob,
    Summary,
    SummaryCall,
    System,
)
from models_runner.models.runs import SummaryQuerySet
from models_runner.runs.queue.waiting import Waiting, waiting_of
from models_runner.runs.scoring import metrics_without_values
from models_runner.systems.prices import cost_in_dollars

EXCERPT_CHARACTERS = 280
PACE_FROM = 20
PACE_NEEDS = 3


@dataclass(frozen=True)
class RunProgress:
    """How many summaries of one run have each status."""

    pending: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.running + self.done + self.failed + self.cancelled

    @property
    def settled(self) -> int:
        """How many have ended."""
        return self.done + self.failed + self.cancelled

    @property
    def waits(self) -> bool:
        """Whether summaries wait and none is being written."""
        return bool(self.pending) and not self.running


@dataclass(frozen=True)
class RunRow:
    run: Run
    progress: RunProgress
    waiting: Waiting | None = None


def progress_of(runs: Iterable[Run]) -> dict[int, RunProgress]:
    """Return the progress of runs by their keys, in one SQL query however many there are."""
    keys = [run.pk for run in runs]
    counts: dict[int, dict[str, int]] = {}
    summaries = Summary.objects.filter(run__in=keys).order_by()
    for run_id, status, n in summaries.values_list("run_id", "status").annotate(n=Count("pk")):
        counts.setdefault(run_id, {})[status] = n
    return {key: RunProgress(**counts.get(key, {})) for key in keys}


def run_rows(runs: Iterable[Run]) -> list[RunRow]:
    """Return runs with their progress, in one more SQL query however many there are, and a few if some of them wait."""
    runs = list(runs)
    progress = progress_of(runs)
    waiting = waiting_of(run for run in runs if progress[run.pk].waits)
    return [RunRow(run, progress[run.pk], waiting.get(run.pk)) for run in runs]


@dataclass(frozen=True)
class RunTotals:
    """Totals of the finished summaries of one run; None where there is no figure yet.

    Attributes:
        done: Finished summaries.
        read: Prompt tokens.
        written: Output tokens.
        left_out: Transcript tokens that did not fit.
        cut_inputs: Summaries whose transcript was cut.
        cut_outputs: Summaries that were cut off at the output limit.
        empty: Summaries without text.
        spent: Summaries without text because the output limit was spent on thinking.
        thought: Output tokens that were thoughts, as far as they are known.
        controlled: Summaries whose transcript holds control tokens that may not have been read as text.
        total_seconds: Time of all summaries.
        seconds_each: Mean time of a summary.
        per_minute: Summaries per minute since the run started.
        repeated: Summaries that repeat themselves.
        chaptered: Summaries of meetings that were read in chapters.
        calls: Calls of the model.
        cached: Prompt tokens that were not read again, because the previous prompt began with them.
        tokens_per_second: Output tokens per second.
        peak_memory: Highest memory in bytes.
        joules: Energy of the whole machine during the run.
        dollars: Cost by the price on the system's record.
    """

    done: int
    read: int | None
    written: int | None
    left_out: int | None
    cut_inputs: int
    cut_outputs: int
    empty: int
    spent: int
    thought: int | None
    controlled: int
    total_seconds: float | None
    seconds_each: float | None
    per_minute: float | None
    repeated: int
    chaptered: int
    calls: int
    cached: int | None
    tokens_per_second: float | None
    peak_memory: int | None
    joules: float | None
    dollars: float | None


def run_totals(run: Run) -> RunTotals:
    # An aggregate must not have the name of a field that a later aggregate uses.
    sums = run.summaries.done().aggregate(
        done=Count("pk"),
        read=Sum("prompt_tokens"),
        written=Sum("output_tokens"),
        left_out=Sum("dropped_tokens"),
        cut_inputs=Count("pk", filter=Q(dropped_tokens__gt=0)),
        cut_outputs=Count("pk", filter=Q(stop_reason=Summary.StopReason.LENGTH)),
        empty=Count("pk", filter=Q(stop_reason=Summary.StopReason.EMPTY)),
        spent=Count("pk", filter=Q(stop_reason=Summary.StopReason.THINKING)),
        thought=Sum("thinking_tokens"),
        controlled=Count("pk", filter=~Q(control_tokens=[])),
        total_seconds=Sum("seconds"),
        seconds_each=Avg("seconds"),
        repeated=Count("pk", filter=Q(repeated=True)),
        chaptered=Count("pk", filter=Q(chapters__gt=1)),
        peak_memory=Max("peak_memory_bytes"),
        joules=Sum("energy_joules"),
        last=Max("finished_at"),
    )
    last = sums.pop("last")
    minutes = (last - run.started_at).total_seconds() / 60 if last and run.started_at else 0
    calls = SummaryCall.objects.filter(summary__run=run, summary__status=Summary.Status.DONE)
    return RunTotals(
        **sums,
        **calls.aggregate(calls=Count("pk"), cached=Sum("cached_tokens")),
        per_minute=sums["done"] / minutes if minutes > 0 else None,
        tokens_per_second=_rate(sums["written"], sums["total_seconds"]),
        dollars=cost_in_dollars(
            run.system.price,
            sums["read"],
            sums["written"],
            sums["total_seconds"],
            in_batch=run.system.writes_in_batches,
        ),
    )


def _rate(tokens: int | None, seconds: float | None) -> float | None:
    return tokens / seconds if tokens is not None and seconds else None


def seconds_left(run: Run, left: int) -> float | None:
    """Estimate the seconds left from the mean time between the last summaries; None before the third."""
    latest = run.summaries.done().exclude(finished_at=None).order_by("-finished_at")
    times = [moment for moment in latest.values_list("finished_at", flat=True)[:PACE_FROM] if moment]
    if len(times) < PACE_NEEDS or not left:
        return None
    return (times[0] - times[-1]).total_seconds() / (len(times) - 1) * left


@dataclass(frozen=True)
class Failure:
    reason: str
    count: int


def failures(run: Run) -> list[Failure]:
    """Return the ten most frequent reasons, most frequent first."""
    return _reasons(run.summaries.filter(status=Summary.Status.FAILED))


def faults(run: Run) -> list[Failure]:
    """Return what the summaries met that are tried again: the ten most frequent reasons, most frequent first."""
    return _reasons(run.summaries.unfinished().exclude(failure_reason=""))


def _reasons(summaries: SummaryQuerySet) -> list[Failure]:
    rows = summaries.order_by().values_list("failure_reason").annotate(n=Count("pk"))
    return [Failure(reason, n) for reason, n in rows.order_by("-n", "failure_reason")[:10]]


@dataclass(frozen=True)
class RunStatus:
    """Everything that the self-updating part of the run page shows.

    Attributes:
        failures: Why summaries failed.
        faults: What summaries that are still tried have met, the most frequent first.
        without_values: Metrics that are done and have a value for no summary, with the reason.
    """

    run: Run
    progress: RunProgress
    totals: RunTotals
    failures: list[Failure]
    faults: list[Failure]
    scoring_jobs: list[ScoringJob]
    without_values: dict[str, str]
    batches: list[ProviderBatch]
    waits_for_worker: str
    waiting: Waiting | None
    seconds_left: float | None

    @property
    def is_open(self) -> bool:
        """Whether summaries may still be written."""
        return self.run.status in (Run.Status.PENDING, Run.Status.RUNNING)

    @property
    def has_failed_scores(self) -> bool:
        return any(job.status == ScoringJob.Status.FAILED for job in self.scoring_jobs)

    @property
    def scores(self) -> list[tuple[ScoringJob, str]]:
        """Each job, and why it found no value; "" where it found some."""
        return [(job, self.without_values.get(job.metric, "")) for job in self.scoring_jobs]

    @property
    def seen(self) -> str:
        """What the rows below show: while it is the same, they need no update."""
        progress = self.progress
        return f"{progress.settled}-{progress.running}-{progress.total}"

    @property
    def is_settled(self) -> bool:
        """Whether the page needs no more updates."""
        return not self.is_open and not any(_unfinished(job) for job in self.scoring_jobs)


def run_status(run: Run) -> RunStatus:
    counts = run.counts()
    del counts["total"]
    jobs, batches = list(run.scoring_jobs.all()), list(run.batches.open().filter(cancel_requested=False))
    progress = RunProgress(**counts)
    scored = [job.metric for job in jobs if job.status == ScoringJob.Status.DONE]
    return RunStatus(
        run=run,
        progress=progress,
        totals=run_totals(run),
        failures=failures(run) if progress.failed else [],
        faults=faults(run) if progress.pending or progress.running else [],
        scoring_jobs=jobs,
        without_values=metrics_without_values(run, scored),
        batches=batches,
        waits_for_worker=_queue_without_worker(run, jobs, "default" if batches else "generation"),
        waiting=waiting_of([run]).get(run.pk) if progress.waits else None,
        # A batch comes whole, some time within the day.
        seconds_left=None if batches else seconds_left(run, progress.pending + progress.running),
    )


def _unfinished(job: ScoringJob) -> bool:
    return job.status in (ScoringJob.Status.PENDING, ScoringJob.Status.RUNNING)


def _queue_without_worker(run: Run, jobs: list[ScoringJob], writing: str) -> str:
    """Return the queue that this run waits for if no live worker takes its messages; otherwise ""."""
    queue = ""
    if run.status in (Run.Status.PENDING, Run.Status.RUNNING):
        queue = writing
    elif any(_unfinished(job) for job in jobs):
        queue = "metrics"
    return queue if queue and not workers_for(queue) else ""


def excerpts(summaries: SummaryQuerySet) -> SummaryQuerySet:
    """Load summaries for a list: only the beginning of the text, of the document its names and its language."""
    shown = ("run", "status", "failure_reason", "stop_reason", "seconds")
    tokens = ("prompt_tokens", "output_tokens", "dropped_tokens")
    flags = ("chapters", "repeated", "leaked", "control_tokens")
    document = ("document__external_id", "document__title", "document__language", "query__text")
    return (
        summaries.select_related("document", "query")
        .annotate(excerpt=Substr("text", 1, EXCERPT_CHARACTERS))
        .only(*shown, *tokens, *flags, *document)
    )


KEPT = {"head": "its beginning is kept", "tail": "its end is kept", "middle": "its two ends are kept"}
COMBINED = {
    "concatenate": "the chapter summaries, one after the other, are the summary",
    "rewrite": "the chapter summaries are rewritten as one text",
    "re-summarize": "the chapter summaries are summarized once more",
}


def long_input_words(settings: Mapping[str, object]) -> str:
    """Describe what the system does with a meeting longer than its window; "" if its record says nothing."""
    if not settings:
        return ""
    if settings.get("strategy") == "chapterize":
        combined = COMBINED.get(str(settings.get("combine", "re-summarize")), "")
        return f"A meeting that does not fit the window is read in chapters; {combined}."
    return f"A meeting that does not fit the window is cut; {KEPT.get(str(settings.get('keep', 'head')), '')}."


def sample_summaries(system: System, count: int = 3, *, without: Iterable[int] = ()) -> SummaryQuerySet:
    """Return the newest finished summaries that have a text, in full; without: ids of datasets to leave out."""
    written = Summary.objects.done().filter(run__system__slug=system.slug).exclude(text="")
    written = written.exclude(run__dataset__in=without)
    return written.select_related("document", "run").defer("document__metadata").order_by("-finished_at", "-pk")[:count]
