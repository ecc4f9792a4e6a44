"""Draw the tables of simulated judges that docs/statistics.md shows."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.judges.draw import JudgeDesign, draw_study
from benchmarks.judges.helping import DEFAULT, helping
from benchmarks.judges.recovery import DESIGNS, RATES, Recovery, recovered_rates, recovery
from stats.judges.alt_test import alt_test
from stats.judges.arrays import answers


def judge_tables(studies: int, seed: int) -> Iterator[str]:
    """Give the tables line by line, as Markdown."""
    yield from _figures(studies, seed)
    yield from _rates(studies, seed)
    yield from _helped(studies, seed)
    yield from _passing(studies, seed)


def _cell(found: dict[str, Recovery], name: str) -> str:
    if name not in found:
        return "—"
    row = found[name]
    truth, value = (round(number, 2) + 0.0 for number in (row.truth, row.value))
    return f"{truth:.2f} · {value:.2f} · {100 * row.covers:.1f}"


def _figures(studies: int, seed: int) -> Iterator[str]:
    names = ("agreement", "among people", "where people agree", "first", "flips", "length", "calibration", "samples")
    yield "| judge | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for name, design in DESIGNS.items():
        found = recovery(design, studies, seed)
        yield f"| {name} | " + " | ".join(_cell(found, figure) for figure in names) + " |"
    yield ""


def _rates(studies: int, seed: int) -> Iterator[str]:
    yield "| judge | " + " | ".join(RATES) + " |"
    yield "|---" * (len(RATES) + 1) + "|"
    for name, design in DESIGNS.items():
        found = recovered_rates(design, studies, seed)
        cells = (f"{100 * found[r].covers:.1f} · {found[r].width:.3f}" if r in found else "—" for r in RATES)
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _helped(studies: int, seed: int) -> Iterator[str]:
    yield "| judge | votes alone | helped | helped and directed | directed, votes alone | effective votes / votes |"
    yield "|---|---|---|---|---|---|"
    designs = [(n, replace(d, documents=DEFAULT.documents, people=8, per_document=2), 1) for n, d in DESIGNS.items()]
    for name, design, judges in [*designs, ("accuracy 0.8 and three coins", DEFAULT, 4)]:
        found = helping(replace(design, samples=1), studies, seed, judges=judges)
        cells = (f"{100 * c:.1f} · {w:.2f}" for c, w in zip(found.covers, found.width, strict=True))
        yield f"| {name} | " + " | ".join(cells) + f" | {found.gain[0]:.2f} |"
    yield ""


def _passing(studies: int, seed: int) -> Iterator[str]:
    yield "| judge | passes, items | passes, documents | advantage |"
    yield "|---|---|---|---|"
    rng = np.random.default_rng(seed)
    for name, design in DESIGNS.items():
        items, documents, advantage = passing(design, studies, rng)
        yield f"| {name} | {100 * items:.0f} % | {100 * documents:.0f} % | {advantage:.2f} |"


def passing(design: JudgeDesign, studies: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Give the share of studies in which the judge passes, by items and by documents, and its mean advantage."""
    rows = []
    for _ in range(studies):
        study = draw_study(design, rng)
        judge = answers(study.verdicts, len(study.items))
        one, other = (alt_test(study.items, study.votes, judge, by_document=whole) for whole in (False, True))
        rows.append((bool(one.passes), bool(other.passes), one.advantage or np.nan))
    items, documents, advantage = np.array(rows, dtype=np.float64).mean(axis=0)
    return float(items), float(documents), float(advantage)
