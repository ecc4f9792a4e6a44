"""Simulate whether studies of the size that planning names tell two systems apart, and whether pilots see that size."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.intervals.boards import votes_of
from benchmarks.intervals.designs import Design, Work
from benchmarks.intervals.draw import draw_studies, truth
from stats.decisions.planning import Growth, StudySize, growth_needed
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.differences import Differences
from stats.uncertainty.limits import Limits
from stats.uncertainty.sandwich import bread

# The first two systems are the pair. That planning counts even shares was chosen in a trial on these designs.
PLANNED = [
    *(
        replace(design, taste_annotator=annotator, taste_document=document)
        for design in (
            Design(6, 60, 2, 3, 1, gap=0.45),
            Design(10, 60, 4, 2, 1, gap=0.4),
            Design(20, 80, 6, 3, 1, gap=0.35),
            Design(12, 100, 3, 2, 1, Work.HEAVY, gap=0.35),
        )
        for annotator, document in ((0, 0), (0.3, 0.5), (0.6, 0.4))
    ),
]


@dataclass(frozen=True)
class Planned:
    """Hold what planning is worth on one design.

    Attributes:
        times: How many times as large as the pilots a study must be, by the true gap and the pilots' mean variance.
        apart: Share of studies of that size in which the board's rule tells the two apart, in the right order.
        held: Share of pilots whose interval holds that size.
        open: Share of pilots whose interval has no upper end.
        plain: Quartiles of the number that pilots name, over the one that is needed.
    """

    times: float
    apart: float
    held: float
    open: float
    plain: tuple[float, float]


def planned_design(design: Design, size: StudySize, times: float) -> Design:
    """Give the study that planning names: so many times as many annotators of equal shares, documents and votes."""
    annotators, documents = round(size.annotators * times), round(size.documents * times)
    return replace(design, annotators=max(annotators, design.per_document), documents=documents, work=Work.EVEN)


def compared(design: Design, studies: int, seed: int) -> Iterator[tuple[Differences, StudySize]]:
    """Draw studies, one after the other, and compare their systems by the board's rule."""
    for number in range(studies):
        votes = votes_of(draw_studies(design, 1, np.random.default_rng([seed, number])), 0)
        strengths, limits = fit_bradley_terry(votes.wins()), Limits.of(votes.wins())
        sure, inverse = precision(votes, strengths, circle=limits.circle), bread(votes.wins(), strengths)
        differences = Differences.of(strengths, sure, inverse, limited=limits.circle, too_few=limits.unclear)
        yield differences, StudySize.of(votes)


def growth_of(differences: Differences) -> Growth:
    """Forecast from one study."""
    distance, freedom = differences.gap[0, 1] / differences.sure.error[0, 1], differences.sure.freedom[0, 1]
    return growth_needed(np.array([distance]), np.array([freedom]), differences.tail)


def growth_at_truth(design: Design, pilots: list[Differences]) -> float:
    """Give the growth that is needed by the true gap, and by what the pilots say of errors in the mean."""
    strengths = truth(design, np.ones((design.systems, design.systems)) - np.eye(design.systems))
    variance, freedom = (
        float(np.mean([getattr(pilot.sure, name)[0, 1] for pilot in pilots])) for name in ("variance", "freedom")
    )
    tail = float(np.mean([pilot.tail for pilot in pilots]))
    distance = (strengths[0] - strengths[1]) / np.sqrt(variance)
    return float(growth_needed(np.array([distance]), np.array([freedom]), tail).times[0])


def plan(design: Design, studies: int, seed: int) -> Planned:
    """Plan by pilots, then draw studies of the size that is needed."""
    pilots, sizes = zip(*compared(design, studies, seed), strict=True)
    times = growth_at_truth(design, list(pilots))
    mean = StudySize(
        design.votes, *(float(np.mean([getattr(s, n) for s in sizes])) for n in ("annotators", "documents"))
    )
    forecasts = [growth_of(pilot) for pilot in pilots]
    lower, upper, seen = (
        np.array([getattr(forecast, name)[0] for forecast in forecasts]) for name in ("lower", "upper", "times")
    )
    large = compared(planned_design(design, mean, times), studies, seed + 1)
    apart = np.mean([differences.differ[0, 1] and differences.gap[0, 1] > 0 for differences, _ in large])
    held = ((lower <= times) & (times <= upper)).mean()
    first, third = np.quantile(np.minimum(seen, 1e6) / times, (0.25, 0.75))
    return Planned(times, float(apart), float(held), float(np.isinf(upper).mean()), (float(first), float(third)))


def planning_row(design: Design, studies: int, seed: int) -> str:
    planned = plan(design, studies, seed)
    shares = "".join(f"{100 * share:8.1f}" for share in (planned.apart, planned.held, planned.open))
    plain = " to ".join(f"{value:.1f}" for value in planned.plain)
    name = f"{design.name}, gap {design.gap:g}"
    return f"{name:66s}{planned.times:7.1f}{shares}   {plain}"


def planning_table(studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = "".join(f"{name:>8s}" for name in ("apart", "held", "no end"))
    yield f"{'pilot':66s}{'times':>7s}{heads}   half of pilots name, over what is needed"
    for design in PLANNED:
        yield planning_row(design, studies, seed)
