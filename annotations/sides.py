"""Which summary is shown left: equally often for every comparison, then for every annotator and system; else a coin."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from annotations.models import Annotator, Side
from annotations.statements import fetch

# So many are counted anew each time before the count is kept with the annotator.
COUNTED_ANEW = 20
# A pair given at the same time in another window may not be there to be counted yet.
SETTLED_AFTER = timedelta(minutes=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
# The systems of every pair that somebody was given since then, the side that stood left, and whether it is settled;
# and of one comparison more, without a side.
SEEN = """SELECT run_a.system_id, run_b.system_id, seen.shown_left, seen.settled
FROM (
    SELECT comparison_id, shown_left, created_at < %s AS settled FROM annotations_assignment
    WHERE annotator_id = %s AND created_at >= %s
    UNION ALL SELECT CAST(%s AS bigint), NULL, NULL
) seen
JOIN annotations_comparison comparison ON comparison.id = seen.comparison_id
JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
JOIN models_runner_run run_a ON run_a.id = summary_a.run_id
JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
JOIN models_runner_run run_b ON run_b.id = summary_b.run_id"""


def shown_left(comparison_id: int, annotator: Annotator, held: Iterable[str], lapsed: Iterable[str] = ()) -> str:
    """held: the sides of the comparison's places now held or rated, so that a pair given back does not weigh.

    lapsed: of places given back by time; between equals they count, for who comes back finds the pair as it was.
    """
    for counts in (Counter(held), Counter(lapsed)):
        if counts[Side.A] != counts[Side.B]:
            return min(Side.values, key=counts.__getitem__)
    lead = _lead_of_a(comparison_id, annotator)
    if lead == 0:
        return random.SystemRandom().choice([Side.A, Side.B])
    return Side.B if lead > 0 else Side.A


def _lead_of_a(comparison_id: int, annotator: Annotator) -> int:
    """How much more often this annotator saw a's system left rather than right, than b's."""
    lead, pairs = _counted(annotator, comparison_id)
    (a, b), *_none = pairs
    return lead[a] - lead[b]


def leads(annotator: Annotator) -> Counter[int]:
    """By system: how much more often this annotator saw it left than right, over every pair ever given to them."""
    return _counted(annotator)[0]


def _counted(annotator: Annotator, comparison_id: int | None = None) -> tuple[Counter[int], list[tuple[int, int]]]:
    """The leads, and the systems of this comparison where one is named."""
    settled = timezone.now() - SETTLED_AFTER
    lead = Counter({int(system): n for system, n in annotator.side_leads.items()})
    kept, anew = lead.copy(), 0
    pairs: list[tuple[int, int]] = []
    since = annotator.side_leads_until or EVER
    for of_a, of_b, left, old in fetch(SEEN, settled, annotator.pk, since, comparison_id):
        if left is None:
            pairs.append((of_a, of_b))
            continue
        of_left, of_right = (of_a, of_b) if left == Side.A else (of_b, of_a)
        lead[of_left] += 1
        lead[of_right] -= 1
        if old:
            kept[of_left] += 1
            kept[of_right] -= 1
            anew += 1
    if anew >= COUNTED_ANEW:
        _keep(annotator, kept, settled)
    return lead, pairs


def _keep(annotator: Annotator, counted: Counter[int], until: datetime) -> None:
    annotator.side_leads, annotator.side_leads_until = {str(system): n for system, n in counted.items()}, until
    annotator.save(update_fields=["side_leads", "side_leads_until"])
