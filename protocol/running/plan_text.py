"""A plan in words, for the terminal."""

from collections.abc import Iterator

from tabulate import tabulate

from annotations.studies.work_forecast import long_in_words
from lib.numbers import format_bytes
from protocol.running.disk import disk_parts
from protocol.running.estimates import shown_hours
from protocol.running.plan import TO_DO, Plan

DASH = "—"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of `protocol plan`."""
    yield f"Study {plan.study}. Planned analysis {plan.plan_sha256}"
    yield from _table("Datasets", ("dataset", "documents", "words", "state"), _datasets(plan))
    yield from _table("Systems", ("system", "regime", "size", "state"), _systems(plan))
    yield from _table("Summaries to write", ("system", "dataset", "", "left", "calls", "tokens in", "out at most",
                                             "dollars", "hours"), _runs(plan))  # fmt: skip
    yield from _reasons(plan)
    yield from _rest(plan)
    yield from _steps(plan)


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"\n{title}"
        yield tabulate(rows, headers=heads, tablefmt="plain", disable_numparse=True)


def _datasets(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (
            dataset.name,
            _whole(dataset.documents),
            _whole(dataset.words),
            dataset.reason or ("here" if dataset.is_here else "to import"),
        )
        for dataset in plan.datasets
    ]


def _systems(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (
            system.slug,
            system.regime,
            f"{system.parameters / 1e6:,.0f}M {system.size_class}" if system.parameters else DASH,
            f"needs: {system.needs}" if system.needs else "ready",
        )
        for system in plan.systems
    ]


def _runs(plan: Plan) -> list[tuple[str, ...]]:
    rows = [
        (
            run.system, run.dataset, run.instruction,
            DASH if run.summaries is None else f"{run.summaries - run.done} of {run.summaries}",
            _whole(run.estimate.calls), _whole(run.estimate.prompt_tokens), _whole(run.estimate.output_tokens),
            _money(run.estimate.dollars), run.hours,
        )
        for run in plan.runs
    ]  # fmt: skip
    totals = [plan.total(name) for name in ("calls", "prompt_tokens", "output_tokens", "dollars", "hours")]
    calls, read, written, dollars, hours = totals
    return [
        *rows,
        ("together", "", "", "", _whole(calls), _whole(read), _whole(written), _money(dollars), shown_hours(hours)),
    ]


def _reasons(plan: Plan) -> Iterator[str]:
    """Say once why a figure is a dash."""
    said: dict[str, list[str]] = {}
    for run in plan.runs:
        for name, reason in run.estimate.reasons.items():
            what = {"calls": "calls", "dollars": "dollars", "hours": "hours"}.get(name)
            if what:
                said.setdefault(f"{what}: {reason}", []).append(run.system)
    for reason, systems in said.items():
        yield f"  {DASH} {reason} ({', '.join(dict.fromkeys(systems))})"


def _rest(plan: Plan) -> Iterator[str]:
    people = plan.people
    metrics = ", ".join(f"{key} for {n} runs" for key, n in plan.metrics.items() if n)
    yield f"\nMetrics to compute: {metrics or 'none'}."
    if people.hours is None:
        yield f"People: {DASH} ({people.reason})."
    else:
        pace = f"{people.seconds:.0f} s a pair, {'measured' if people.measured else 'assumed'}"
        yield (
            f"People: {people.pairs:,} pairs, {people.ratings:,} ratings, {people.votes:,} votes; "
            f"about {long_in_words(3600 * people.hours)} at {pace}."
        )
        if people.pair_votes is not None:
            yield f"The two systems in question are held against each other {people.pair_votes:,} times."
    yield f"Disk: {'; '.join(_disk(plan))}."


def _disk(plan: Plan) -> Iterator[str]:
    """Say what is needed, what is not known, and what is free; nothing of what nobody knows."""
    disk = plan.disk
    if disk.total:
        yield f"about {format_bytes(disk.total)} ({', '.join(disk_parts(disk))})"
    elif not disk.unknown:
        yield "none"
    if disk.unknown:
        yield f"not known for the weights of {', '.join(disk.unknown)}"
    if plan.free_bytes is not None:
        yield f"{format_bytes(plan.free_bytes)} are free"


def _steps(plan: Plan) -> Iterator[str]:
    to_do = [step.title for step in plan.steps if step.status == TO_DO]
    done = len(plan.steps) - len(to_do) - len(plan.stops)
    yield f"\nSteps: {done} of {len(plan.steps)} are done."
    yield from (f"  to do: {title}" for title in to_do)
    for reason, titles in _by_reason(plan).items():
        which = titles[0] if len(titles) == 1 else f"{len(titles)} steps, from {titles[0]} on"
        yield f"  stops here: {reason} ({which})"
    if plan.problem:
        yield f"\n{plan.problem}"


def _by_reason(plan: Plan) -> dict[str, list[str]]:
    titles: dict[str, list[str]] = {}
    for step in plan.stops:
        titles.setdefault(step.reason, []).append(step.title)
    return titles


def _whole(value: float | None) -> str:
    return DASH if value is None else f"{value:,.0f}"


def _money(value: float | None) -> str:
    return DASH if value is None else f"{value:,.2f}"
