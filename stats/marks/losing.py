"""Say which errors go with losing votes. An association: whoever marks an error has often decided already."""

from dataclasses import dataclass

import numpy as np

from stats.judges.clustered import Figure, mean
from stats.judges.jury import JuryRows, cross_fitted, fit_jury, spreads
from stats.uncertainty.calibrated import LEVEL
from stats.votes.arrays import BoolArray, IntArray
from stats.votes.least import too_few

NEVER_MARKED = "undefined: nobody marked this on one side of a pair more than on the other"
ONE_DOCUMENT = "too few to say: votes on one document alone"


@dataclass(frozen=True)
class Losing:
    """Hold how errors go with votes.

    Attributes:
        odds: Log-odds of losing for one more error of each kind, the other kinds alike, shape (k,).
        foretold: Share of decided votes that went to the side with fewer errors as the model weighs them, by a model in
            whose fit the vote's document had no part; one half is chance.
    """

    odds: tuple[Figure, ...]
    foretold: Figure


def losing(told: JuryRows, *, seed: int, level: float = LEVEL) -> Losing:
    """Fit a logistic model of votes on differences of errors, without intercept, ties as halves.

    Args:
        told: x holds the errors of each kind in a less those in b, shape (n, k).
        seed: Of the deal of documents into folds.
    Source:
        Papke and Wooldridge (1996) as in metric_model.fit_logistic, with its small penalty; documents and voters are
        clusters, as in jury.Told.fitted. Folds of documents: Zrnic and Candes (2024), arXiv 2309.16598.
    """
    none = np.zeros(told.x.shape[1], dtype=bool)
    if not len(told.share) or len(np.unique(told.document)) < 2:
        undefined = Figure.undefined(ONE_DOCUMENT if len(told.share) else too_few(0, 0, 0), len(told.share))
        return Losing((undefined,) * told.x.shape[1], undefined)
    jury, scale = fit_jury(told, judges=none, level=level), spreads(told.x)
    odds = tuple(_per_error(figure, float(of_one)) for figure, of_one in zip(jury.discrimination, scale, strict=True))
    return Losing(odds, _foretold(told, none, seed=seed, level=level))


def _per_error(figure: Figure, scale: float) -> Figure:
    """Turn log-odds of winning for a standard deviation into log-odds of losing for one error."""
    if figure.value is None or figure.lower is None or figure.upper is None:
        return Figure.undefined(NEVER_MARKED if figure.value is None else figure.reason, figure.n)
    bounds = (-figure.value / scale, -figure.upper / scale, -figure.lower / scale)
    return Figure(*bounds, figure.n, figure.documents, figure.annotators, reason=figure.reason)


def _foretold(told: JuryRows, none: BoolArray, *, seed: int, level: float) -> Figure:
    predicted = cross_fitted(told, told.x, told.document, seed=seed, judges=none)
    decided = told.share != 0.5
    hits = np.where(predicted == 0.5, 0.5, (predicted > 0.5) == (told.share > 0.5))[decided]
    unit: tuple[IntArray, IntArray] = (told.document[decided], told.annotator[decided])
    return mean(hits.astype(np.float64), *unit, level=level)
