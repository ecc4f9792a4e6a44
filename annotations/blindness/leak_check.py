"""Looking through compared summaries for what tells their author, in the background; votes on them stay and are marked.

A row means the same whoever writes it, so that no lease is needed. A summary is looked through again when the list of
names has changed since.
"""

import logging
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.blindness.identity_leaks import find_giveaways, list_key
from annotations.counts.pairs_stamp import pairs_stamp
from annotations.models import Comparison, GiveawayCheck, Study
from jobs.messages import announce
from jobs.nothing_left import NothingLeft
from jobs.registry import Swept
from models_runner.models import Summary

logger = logging.getLogger(__name__)

BATCH = 50
_nothing_left = NothingLeft()


def announce_leak_check() -> None:
    """Tell a worker, once the rows are committed, that there is something to look through."""
    announce("annotations.tasks.check_giveaways")


def sweep_leak_check(*, starting: bool = False) -> Swept:
    """Tell again: a message may have been lost."""
    if _nothing_left.holds((list_key(), pairs_stamp()), _some_unchecked):
        return Swept()
    announce_leak_check()
    return Swept(announced=1)


def _some_unchecked() -> bool:
    checks = GiveawayCheck.objects.filter(study=OuterRef("study"), searched_for=list_key())
    unchecked = ~Exists(checks.filter(summary=OuterRef("summary_a"))) | ~Exists(
        checks.filter(summary=OuterRef("summary_b"))
    )
    return Comparison.objects.filter(unchecked, study__in=_open_studies()).exists()


def check_all() -> str:
    """Look through every compared summary of studies that are not closed; returns a line for the log."""
    checked = sum(_check_study(study) for study in _open_studies())
    return f"names of models: {checked:,} summaries looked through"


def flagged(study: Study) -> QuerySet[GiveawayCheck]:
    rows = study.giveaway_checks.filter(flagged=True)
    return rows.select_related("summary__document", "summary__run__system").order_by("summary")


def in_flagged_pair(study: Study) -> Q:
    """For judgements: one of the two summaries gives its author away."""
    names = study.giveaway_checks.filter(flagged=True).values("summary")
    return Q(assignment__comparison__summary_a__in=names) | Q(assignment__comparison__summary_b__in=names)


def not_searched(study: Study) -> QuerySet[Summary]:
    """Compared summaries that were not looked through for the names known now."""
    # From the study's pairs: its dataset may have many more summaries, and many studies.
    pairs = Comparison.objects.filter(study=study).order_by()
    compared = pairs.values("summary_a").union(pairs.values("summary_b"))
    checked = GiveawayCheck.objects.filter(study=study, summary=OuterRef("pk"), searched_for=list_key())
    return Summary.objects.filter(~Exists(checked), pk__in=compared).order_by("document", "pk")


def _open_studies() -> QuerySet[Study]:
    return Study.objects.exclude(status=Study.Status.CLOSED)


def _check_study(study: Study) -> int:
    names = [name for system in study.systems.all() for name in (system.slug, system.name)]
    # Found once: to find them is to go through all pairs of the study.
    found = list(not_searched(study).values_list("pk", flat=True))
    for first in range(0, len(found), BATCH):
        batch = Summary.objects.filter(pk__in=found[first : first + BATCH]).prefetch_related("document__transcript")
        _replace(study, [_check(study, summary, names) for summary in batch])
    return len(found)


@transaction.atomic
def _replace(study: Study, checks: Sequence[GiveawayCheck]) -> None:
    """Store checks in place of older ones, as new rows: boards tell by the newest row that they are out of date."""
    study.giveaway_checks.filter(summary__in=[check.summary_id for check in checks]).delete()
    GiveawayCheck.objects.bulk_create(checks, ignore_conflicts=True)


def _check(study: Study, summary: Summary, names: Iterable[str]) -> GiveawayCheck:
    giveaways = find_giveaways(summary.text, summary.document.transcript.text, names)
    flags = [{"start": flag.start, "end": flag.end, "term": flag.term} for flag in giveaways]
    return GiveawayCheck(study=study, summary=summary, flags=flags, flagged=bool(flags), searched_for=list_key())
