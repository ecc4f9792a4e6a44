"""What a study's marks say, as values for JSON: analyse, the API and pages take them from here."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from annotations.models import Study
from marks.report.arrays import MarkedStudy, read_marked_study
from stats.judges.clustered import Figure
from stats.marks.arrays import Readings
from stats.marks.losing import losing
from stats.marks.rates import NOTHING, Counts, difference, rate
from stats.marks.spans import NO_PAIRS, span_f1
from stats.raters.agreement import krippendorff_alpha
from stats.uncertainty.calibrated import LEVEL

Values = dict[str, Any]
PER_WORDS = 100
COMPACT, LARGE = "compact", "large"
NO_PAIR = "The study names no small and large system, and has none of one of these sizes."
ASSOCIATION = (
    "An association, not a cause: whoever marks an error has often decided already, and errors that are not marked are "
    "not in it."
)


def mark_figures(study: Study, seed: int = 0) -> Values:
    """Compute what a study's marks say.

    Rates are of readings: each summary that an annotator read for errors is one. Marks of excluded annotators, and
    those that were taken back, are in none of them.
    """
    marked = read_marked_study(study)
    about = {
        "readings": len(marked.readings),
        "summaries": len(marked.summaries),
        "documents": len({summary.document for summary in marked.summaries.values()}),
        "annotators": len({annotator for annotator, _ in marked.readings}),
        "marks": len(marked.marks),
        "major": int(marked.arrays.major.sum()),
        "kinds": [kind.name for kind in marked.kinds],
        "seed": seed,
        "reason": "" if marked.readings else NOTHING,
    }
    if not marked.readings:
        return about
    return about | {
        "systems": [_system(marked, number) for number in range(len(marked.systems))],
        "small_large": _small_large(marked),
        "losing": _losing(marked, seed),
        "agreement": _agreement(marked, seed),
    }


def _system(marked: MarkedStudy, number: int) -> Values:
    readings = marked.arrays.of_system(number)
    return {
        "system": marked.systems[number].slug,
        "readings": len(readings),
        "words": float(readings.words.mean()) if len(readings) else None,
        **_rates(readings, range(len(marked.kinds))),
        "kinds": {kind.name: _rates(readings, [n]) for n, kind in enumerate(marked.kinds)},
    }


def _rates(readings: Readings, kinds: Iterable[int]) -> Values:
    return {name: as_values(rate(answers)) for name, answers in answers_of(readings, kinds).items()}


def answers_of(readings: Readings, kinds: Iterable[int]) -> dict[str, Counts]:
    """Return what is averaged: errors per 100 words and per summary, and whether a summary has one, or a major one."""
    errors, major = readings.of_kinds(np.array(list(kinds), dtype=np.int64))
    units, one = (readings.document, readings.annotator), np.ones(len(readings))
    return {
        "errors_per_100_words": Counts(errors, readings.words / PER_WORDS, *units),
        "errors_per_summary": Counts(errors, one, *units),
        "share": Counts(np.minimum(errors, 1), one, *units, share=True),
        "major_share": Counts(np.minimum(major, 1), one, *units, share=True),
    }


def _small_large(marked: MarkedStudy) -> Values:
    """Hold the small system in question, or all compact ones, against the large one, or all large ones."""
    small = _numbers(marked, marked.study.small_system_id, COMPACT)
    large = _numbers(marked, marked.study.large_system_id, LARGE)
    named = {"small": [marked.systems[n].slug for n in small], "large": [marked.systems[n].slug for n in large]}
    if not small or not large:
        return named | {"reason": NO_PAIR}
    readings = marked.arrays
    of_small, of_large = (readings.take(np.isin(readings.system, numbers)) for numbers in (small, large))
    kinds = {kind.name: _differences(of_small, of_large, [n]) for n, kind in enumerate(marked.kinds)}
    every = _differences(of_small, of_large, range(len(marked.kinds)))
    return named | {"reason": "", **every, "kinds": kinds, "worst": _worst(marked, of_small, of_large)}


def _worst(marked: MarkedStudy, small: Readings, large: Readings) -> str | None:
    """Return the kind of which the small's share of summaries lies furthest above the large's, if one does.

    The intervals hold for all kinds at once (Bonferroni), because the largest of several differences is chosen.
    """
    level = 1 - (1 - LEVEL) / max(1, len(marked.kinds))
    found = {}
    for number, kind in enumerate(marked.kinds):
        sides = [answers_of(side, [number])["share"] for side in (small, large)]
        gap = difference(*sides, level=level)
        if gap.above(0):
            found[kind.name] = gap.value or 0.0
    return max(found, key=lambda name: found[name], default=None)


def _numbers(marked: MarkedStudy, named: int | None, size: str) -> list[int]:
    if named is not None:
        return [n for n, system in enumerate(marked.systems) if system.pk == named]
    return [n for n, system in enumerate(marked.systems) if system.size_class == size]


def _differences(small: Readings, large: Readings, kinds: Iterable[int]) -> Values:
    """Return each figure of both, and the small less the large."""
    chosen = list(kinds)
    one, other = answers_of(small, chosen), answers_of(large, chosen)
    return {
        name: {
            "small": as_values(rate(one[name])),
            "large": as_values(rate(other[name])),
            "difference": as_values(difference(one[name], other[name])),
        }
        for name in one
    }


def _losing(marked: MarkedStudy, seed: int) -> Values:
    """Say for each question which errors go with losing votes."""
    found: Values = {"note": ASSOCIATION, "criteria": {}}
    for criterion in marked.study.criteria.all():
        told = marked.told(criterion)
        result = losing(told, seed=seed)
        found["criteria"][criterion.key] = {
            "votes": len(told.share),
            "log_odds_of_losing": {
                kind.name: as_values(figure) for kind, figure in zip(marked.kinds, result.odds, strict=True)
            },
            "foretold": as_values(result.foretold),
        }
    return found


def _agreement(marked: MarkedStudy, seed: int) -> Values:
    """Say how far two readers mark the same words: of each kind, and of any."""
    every = range(len(marked.kinds))
    return {
        "summaries": len(marked.shared),
        **_agreement_on(marked, every, seed),
        "kinds": {kind.name: _agreement_on(marked, [n], seed) for n, kind in enumerate(marked.kinds)},
    }


def _agreement_on(marked: MarkedStudy, kinds: Iterable[int], seed: int) -> Values:
    chosen = list(kinds)
    return {"span_f1": as_values(span_f1(marked.overlaps(chosen))), "alpha": _alpha(marked, chosen, seed)}


def _alpha(marked: MarkedStudy, kinds: list[int], seed: int) -> Values:
    words = marked.marked_words(kinds)
    if not len(words.word):
        return as_values(Figure.undefined(NO_PAIRS))
    found = krippendorff_alpha(words.word, words.annotator, words.marked, seed=seed, document=words.document)
    return {
        "value": found.alpha,
        "lower": found.lower,
        "upper": found.upper,
        "n": found.n_items,
        "documents": found.n_documents,
        "annotators": int(words.annotator.max()) + 1,
        "reason": found.reason or found.interval_reason,
    }


def as_values(figure: Figure) -> Values:
    """Return a figure as values for JSON."""
    return asdict(figure)
