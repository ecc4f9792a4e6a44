"""Which summary is shown left: equally often for every comparison, then for every annotator and system; else a coin."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.utils import timezone

from annotations.models import Annotator, Comparison, Side

# So many are counted anew each time before the count is kept with the annotator.
COUNTED_ANEW = 50
# A pair given at the same time in another window may not be there to be counted yet.
SETTLED_AFTER = timedelta(minutes=5)


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
    a, b = Comparison.objects.values_list("summary_a__run__system", "summary_b__run__system").get(pk=comparison_id)
    lead = leads(annotator)
    return lead[a] - lead[b]


def leads(annotator: Annotator) -> Counter[int]:
    """By system: how much more often this annotator saw it left than right, over every pair ever given to them."""
    settled = timezone.now() - SETTLED_AFTER
    systems = (f"comparison__summary_{side}__run__system" for side in Side.values)
    rows = annotator.assignments.order_by().annotate(old=ExpressionWrapper(Q(created_at__lt=settled), BooleanField()))
    if annotator.side_leads_until is not None:
        rows = rows.filter(created_at__gte=annotator.side_leads_until)
    kept = Counter({int(system): n for system, n in annotator.side_leads.items()})
    lead, anew = kept.copy(), 0
    for of_a, of_b, left, old, n in rows.values_list(*systems, "shown_left", "old").annotate(n=Count("pk")):
        change = {of_a: n, of_b: -n} if left == Side.A else {of_a: -n, of_b: n}
        lead.update(change)
        if old:
            kept.update(change)
            anew += n
    if anew >= COUNTED_ANEW:
        _keep(annotator, kept, settled)
    return lead


def _keep(annotator: Annotator, counted: Counter[int], until: datetime) -> None:
    annotator.side_leads, annotator.side_leads_until = {str(system): n for system, n in counted.items()}, until
    annotator.save(update_fields=["side_leads", "side_leads_until"])
