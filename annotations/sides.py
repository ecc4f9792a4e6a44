"""Which summary is shown left: equally often for every comparison, then for every annotator and system; else a coin."""

import random

from django.db.models import Count

from annotations.models import Annotator, Assignment, Comparison, Side


def shown_left(comparison_id: int, annotator: Annotator) -> str:
    """Counted are the comparison's places now held or rated, so that a pair given back does not weigh."""
    held = Assignment.objects.filter(comparison_id=comparison_id, slot__isnull=False).exclude(shown_left="").order_by()
    counts = {Side.A: 0, Side.B: 0} | dict(held.values_list("shown_left").annotate(n=Count("pk")))
    if counts[Side.A] != counts[Side.B]:
        return min(counts, key=counts.__getitem__)
    lead = _lead_of_a(comparison_id, annotator)
    if lead == 0:
        return random.SystemRandom().choice([Side.A, Side.B])
    return Side.B if lead > 0 else Side.A


def _lead_of_a(comparison_id: int, annotator: Annotator) -> int:
    """How much more often this annotator saw a's system left rather than right, than b's."""
    systems = ("summary_a__run__system", "summary_b__run__system")
    a, b = Comparison.objects.values_list(*systems).get(pk=comparison_id)
    seen = annotator.assignments.order_by().values_list(*(f"comparison__{name}" for name in systems), "shown_left")
    lead = {a: 0, b: 0}
    for of_a, of_b, left, n in seen.annotate(n=Count("pk")):
        towards_a = n if left == Side.A else -n
        if of_a in lead:
            lead[of_a] += towards_a
        if of_b in lead:
            lead[of_b] -= towards_a
    return lead[a] - lead[b]
