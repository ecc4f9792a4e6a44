"""Chooses which summary is shown left: equally often for each comparison, then for each annotator and system.

Every pair given to an annotator is added to their counts (SideLead) in the transaction that gives it, whatever becomes
of the pair. So the choice reads two counts, however many pairs the annotator had.
"""

import random
from collections import Counter
from collections.abc import Iterable

from django.db.models import Case, Sum, When

from annotations.counts.queries import adding_to_leads
from annotations.models import Assignment, Side
from lib.sql import Statement, change

SYSTEMS = [f"comparison__summary_{side}__run__system" for side in Side.values]


def side_to_show(lead_of_a: int, held: Iterable[str], lapsed: Iterable[str] = ()) -> str:
    """Return the side to show left: the one shown less often so far, or a coin's.

    Args:
        lead_of_a: How much more often the annotator was shown a's system left than right, less the same of b's.
        held: The sides shown left in the comparison's places now held or rated. A pair that was given back is left out.
        lapsed: The sides of places whose lease ran out. They decide between equals, because an annotator who comes back
            gets the pair as it was.
    """
    for counts in (Counter(held), Counter(lapsed)):
        if counts[Side.A] != counts[Side.B]:
            return min(Side.values, key=counts.__getitem__)
    if lead_of_a == 0:
        return random.SystemRandom().choice([Side.A, Side.B])
    return Side.B if lead_of_a > 0 else Side.A


def counting_sides(annotator_id: int, left: int, right: int) -> Statement | None:
    """Return what counts a pair of systems that the annotator is given; with the systems exchanged, takes it back.

    None for an attention check, which shows one system twice.
    """
    # Always in the same order, or two requests of the same annotator would wait for each other.
    return None if left == right else adding_to_leads(annotator_id, *sorted(((left, 1), (right, -1))))


def count_sides(annotator_id: int, left: int, right: int) -> None:
    """Do so."""
    if counted := counting_sides(annotator_id, left, right):
        change(counted.sql, *counted.values)


def uncount_sides(comparison_id: int) -> None:
    """Take back what all assignments of a comparison added; call it in the transaction that removes them."""
    assignments = Assignment.objects.filter(comparison=comparison_id).order_by("annotator")
    for annotator_id, side, *systems in assignments.values_list("annotator", "shown_left", *SYSTEMS):
        left, right = systems if side == Side.A else systems[::-1]
        count_sides(annotator_id, right, left)


def recounted_leads() -> dict[tuple[int, int], int]:
    """Count all leads anew from the assignments, by annotator and system.

    Pairs that were rated elsewhere are left out: nobody was given them here.
    """
    leads: Counter[tuple[int, int]] = Counter()
    for side, system in zip(Side.values, SYSTEMS, strict=True):
        rows = Assignment.objects.filter(annotator__imported=False).order_by().values_list("annotator", system)
        for annotator, its_system, lead in rows.annotate(lead=Sum(Case(When(shown_left=side, then=1), default=-1))):
            leads[annotator, its_system] += lead
    return dict(leads)
