"""Are documents with votes like those without? How they were chosen, and what the metrics measure on both."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from annotations.models import Study, WhichDocuments
from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, number
from models_runner.models import Document
from stats.metrics.likeness import LEAST_DOCUMENTS, LEVEL, PERMUTATIONS, Likeness, likeness
from stats.votes.arrays import FloatArray

METHOD = (
    f"largest standardized difference of means over all metrics and systems, against {PERMUTATIONS} random choices of "
    "as many documents"
)
ELSEWHERE = "votes were given elsewhere and imported, and nothing says how their documents were chosen"
NOT_RECORDED = "it is not recorded from which documents the study's sample was drawn"


class Rule(StrEnum):
    """How the documents came to have votes.

    Attributes:
        DRAWN: They come in the study's random order, from all documents or from a sample drawn by its seed.
        CHOSEN: Somebody chose the study's documents; within these they come in random order.
        UNKNOWN: They were drawn, and from which documents is not recorded.
        ELSEWHERE: Some votes were imported.
    """

    DRAWN = "drawn"
    CHOSEN = "chosen"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Comparable:
    """The documents that the study's own rule makes comparable with those that have votes.

    Attributes:
        documents: By name; None for all of the dataset.
    """

    rule: Rule
    documents: frozenset[str] | None = None

    @property
    def doubt(self) -> str:
        """Say why documents with votes may be unlike the others, though no test shows it; "" if there is no doubt."""
        return {Rule.ELSEWHERE: ELSEWHERE, Rule.UNKNOWN: NOT_RECORDED}.get(self.rule, "")


def comparable(data: AnalysisData) -> Comparable:
    """Read from which documents those with votes are a random sample; one query where it is not all of them."""
    study = data.inputs.study
    documents = _population(study)
    if data.details.elsewhere.any():
        return Comparable(Rule.ELSEWHERE, documents)
    if study.which_documents == WhichDocuments.CHOSEN:
        return Comparable(Rule.CHOSEN, documents)
    unknown = study.which_documents == WhichDocuments.SAMPLE and study.drawn_from is None
    return Comparable(Rule.UNKNOWN if unknown else Rule.DRAWN, documents)


def _population(study: Study) -> frozenset[str] | None:
    if study.which_documents == WhichDocuments.CHOSEN:
        return frozenset(study.documents.values_list("external_id", flat=True))
    if study.which_documents == WhichDocuments.SAMPLE and study.drawn_from_split:
        drawn_from = Document.objects.filter(dataset=study.dataset_id, split=study.drawn_from_split)
        return frozenset(drawn_from.values_list("external_id", flat=True))
    return None


def documents_alike(data: AnalysisData, rule: Comparable, unvoted: list[str], systems: list[str]) -> Values:
    """Compare documents with votes and those without.

    Args:
        unvoted: Documents without votes that would help.
        systems: The rated systems.
    Returns:
        `rule`, `voted`, `unvoted`, `chance` (share of these documents with votes), `p` of the test with the metrics
        that `differ`, or the `reason` why there is none; `doubt` and `refused` say why helped ratings are not to be
        trusted.
    """
    voted = data.inputs.documents
    every = [*voted, *unvoted]
    about = _about(rule, len(voted), len(unvoted))
    if min(len(voted), len(unvoted)) < LEAST_DOCUMENTS:
        about["reason"] = (
            f"there are fewer than {LEAST_DOCUMENTS} documents with votes, or without, so no difference could be seen"
        )
        return about
    names, features = _features(data, every, systems)
    test = likeness(features, np.arange(len(every)) < len(voted), seed=data.seed)
    about["p"], about["differ"] = number(test.smallest), _differ(names, test)
    if test.smallest <= LEVEL:
        about["refused"] = _refused(about["differ"])
    return about


def _about(rule: Comparable, voted: int, unvoted: int) -> Values:
    return {
        "rule": rule.rule.value,
        "voted": voted,
        "unvoted": unvoted,
        "chance": number(voted / max(1, voted + unvoted)),
        "p": None,
        "differ": [],
        "reason": "",
        "doubt": rule.doubt,
        "refused": "",
        "method": METHOD,
    }


def _features(data: AnalysisData, documents: list[str], systems: list[str]) -> tuple[list[tuple[str, str]], FloatArray]:
    """Of each metric its mean over the systems, and each system's lead over that mean; shape (documents, features)."""
    number_of = {name: i for i, name in enumerate(data.documents)}
    cells = np.ix_([data.inputs.slugs.index(system) for system in systems], [number_of[name] for name in documents])
    names, columns = [], []
    for metric in data.scores:
        values = data.by_document(metric)[cells]
        is_known = np.isfinite(values)
        mean = np.where(is_known, values, 0).sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
        mean = np.where(is_known.any(axis=0), mean, np.nan)
        names += [(metric, ""), *((metric, system) for system in systems)]
        columns += [mean, *(values - mean)]
    return names, np.array(columns).reshape(len(names), len(documents)).T


def _differ(names: list[tuple[str, str]], test: Likeness) -> list[Values]:
    """List what differs, the metric's largest difference only."""
    largest: dict[str, int] = defaultdict(lambda: -1)
    for i in np.flatnonzero(test.differs).tolist():
        metric, best = names[i][0], largest[names[i][0]]
        if best < 0 or abs(test.difference[i]) > abs(test.difference[best]):
            largest[metric] = i
    return [
        {
            "metric": metric,
            "system": names[i][1],
            "difference": number(test.difference[i]),
            "p": number(test.p[i]),
        }
        for metric, i in largest.items()
    ]


def _refused(differ: list[Values]) -> str:
    metrics = ", ".join(row["metric"] for row in differ)
    return f"documents with votes differ from the others, more than by a random choice, in {metrics}"
