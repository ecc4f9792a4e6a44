"""Turn the figures of the quality page into JSON values, and back.

Pseudonyms and exclusions are not stored but read each time, so that changes show at once.
"""

from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar

from annotations.gold.results import no_gold_yet
from annotations.models import Annotator, Assignment, Study
from annotations.quality.report import AnnotatorQuality, CriterionQuality, StudyQuality
from stats.raters.agreement import Agreement
from stats.raters.anomaly import Anomaly
from stats.raters.gold import GoldCheck
from stats.raters.reliability import Reliability
from stats.raters.speed import Speed
from stats.raters.straightlining import SameAnswers, Straightlining
from stats.uncertainty.proportions import Proportion, wilson

Values = dict[str, Any]
T = TypeVar("T")
FIGURES = ("agreement", "left_wins", "anomaly", "reliability", "repeats", "line", "same", "speed", "gold")


def as_values(quality: StudyQuality) -> Values:
    return {
        "criteria": {
            str(row.criterion.pk): {"agreement": asdict(row.agreement), "repeats": asdict(row.repeats)}
            for row in quality.criteria
        },
        "left_wins": asdict(quality.left_wins),
        "annotators": {str(row.annotator.pk): _figures(row) for row in quality.annotators},
        "days": [[day.isoformat(), n] for day, n in quality.days],
    }


def _figures(row: AnnotatorQuality) -> Values:
    figures = {name: getattr(row, name) for name in FIGURES}
    return {"rated": row.rated} | {name: None if figure is None else asdict(figure) for name, figure in figures.items()}


def from_values(study: Study, values: Values | None) -> StudyQuality:
    """Build the page's figures from stored values; None stands for nothing computed yet.

    Annotators who joined or were excluded since then have no figures.
    """
    values = values or {"criteria": {}, "left_wins": asdict(wilson(0, 0)), "annotators": {}, "days": []}
    skipped = _skipped(study)
    return StudyQuality(
        criteria=[
            CriterionQuality(criterion, Agreement(**stored["agreement"]), Proportion(**stored["repeats"]))
            for criterion in study.criteria.all()
            if (stored := values["criteria"].get(str(criterion.pk)))
        ],
        left_wins=Proportion(**values["left_wins"]),
        annotators=[
            _annotator(annotator, values["annotators"].get(str(annotator.pk), {}), skipped[annotator.pk])
            for annotator in study.annotators.all()
        ],
        days=[(date.fromisoformat(day), n) for day, n in values["days"]],
    )


def _skipped(study: Study) -> Counter[int]:
    """Count skipped pairs by annotator, afresh: skipping does not change the votes that date the stored figures."""
    rows = Assignment.objects.for_rating().filter(annotator__study=study, state=Assignment.State.SKIPPED)
    return Counter(rows.order_by().values_list("annotator_id", flat=True))


def _annotator(annotator: Annotator, figures: Values, skipped: int) -> AnnotatorQuality:
    counts = annotator.is_included
    of_votes = figures if counts else {}

    def proportion(values: Values | None) -> Proportion | None:
        return None if values is None else Proportion(**values)

    return AnnotatorQuality(
        annotator=annotator,
        rated=figures.get("rated", 0),
        skipped=skipped,
        agreement=proportion(of_votes.get("agreement")),
        left_wins=proportion(of_votes.get("left_wins")),
        anomaly=_anomaly(of_votes.get("anomaly")),
        reliability=Reliability(**reliability) if (reliability := of_votes.get("reliability")) else None,
        repeats=proportion(of_votes.get("repeats")),
        line=Straightlining(**line) if (line := of_votes.get("line")) else None,
        same=_with_share(SameAnswers, "share", of_votes.get("same")),
        speed=_with_share(Speed, "too_fast", of_votes.get("speed")),
        gold=_with_share(GoldCheck, "accuracy", figures.get("gold")) or no_gold_yet(),
    )


def _anomaly(values: Values | None) -> Anomaly | None:
    lists = ("looks", "statistic", "limit")
    return None if values is None else Anomaly(**values | {name: tuple(values[name]) for name in lists})


def _with_share(kind: type[T], name: str, values: Values | None) -> T | None:
    return None if values is None else kind(**values | {name: Proportion(**values[name])})
