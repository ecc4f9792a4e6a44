"""Which summary is shown left: equally often for every comparison, then for every annotator and system; else a coin.

Every pair somebody is given is added to their counts (SideLead) in the transaction that gives it, whatever becomes of
it, so that finding its side reads two counts however many pairs they had.
"""

import random
from collections import Counter
from collections.abc import Iterable

from annotations.models import Assignment, Side
from lib.sql import change

# Of a comparison: its systems, and how much more often an annotator was given a's left rather than right, than b's.
SYSTEMS_AND_LEAD = "run_a.system_id, run_b.system_id, COALESCE(lead_a.lead, 0) - COALESCE(lead_b.lead, 0)"
# Needs the annotator, twice.
JOIN_SYSTEMS_AND_LEAD = """JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
JOIN models_runner_run run_a ON run_a.id = summary_a.run_id
JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
JOIN models_runner_run run_b ON run_b.id = summary_b.run_id
LEFT JOIN annotations_sidelead lead_a ON lead_a.annotator_id = %s AND lead_a.system_id = run_a.system_id
LEFT JOIN annotations_sidelead lead_b ON lead_b.annotator_id = %s AND lead_b.system_id = run_b.system_id"""
COUNT = """INSERT INTO annotations_sidelead (annotator_id, system_id, lead) VALUES (%s, %s, %s), (%s, %s, %s)
ON CONFLICT (annotator_id, system_id) DO UPDATE SET lead = annotations_sidelead.lead + excluded.lead"""
# What is added up, counted anew from the pairs. What was rated elsewhere was given to nobody here.
RECOUNT = """SELECT annotator_id, system_id, SUM(lead) FROM (
    SELECT given.annotator_id, run_a.system_id, CASE given.shown_left WHEN 'a' THEN 1 ELSE -1 END AS lead
    FROM annotations_assignment given
    JOIN annotations_comparison comparison ON comparison.id = given.comparison_id
    JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
    JOIN models_runner_run run_a ON run_a.id = summary_a.run_id
    UNION ALL
    SELECT given.annotator_id, run_b.system_id, CASE given.shown_left WHEN 'b' THEN 1 ELSE -1 END
    FROM annotations_assignment given
    JOIN annotations_comparison comparison ON comparison.id = given.comparison_id
    JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
    JOIN models_runner_run run_b ON run_b.id = summary_b.run_id
) shown
WHERE annotator_id IN (SELECT id FROM annotations_annotator WHERE NOT imported) GROUP BY annotator_id, system_id"""


def shown_left(lead_of_a: int, held: Iterable[str], lapsed: Iterable[str] = ()) -> str:
    """held: the sides of the comparison's places now held or rated, so that a pair given back does not weigh.

    lapsed: of places given back by time; between equals they count, for who comes back finds the pair as it was.
    """
    for counts in (Counter(held), Counter(lapsed)):
        if counts[Side.A] != counts[Side.B]:
            return min(Side.values, key=counts.__getitem__)
    if lead_of_a == 0:
        return random.SystemRandom().choice([Side.A, Side.B])
    return Side.B if lead_of_a > 0 else Side.A


def count(annotator_id: int, left: int, right: int) -> None:
    """Add a pair of systems that the annotator is given; the same the other way round takes it back."""
    if left == right:
        return  # an attention check
    # Always in the same order: requests of the same annotator may meet here.
    (one, its), (other, others) = sorted(((left, 1), (right, -1)))
    change(COUNT, annotator_id, one, its, annotator_id, other, others)


def uncount(comparison_id: int) -> None:
    """Take back what everybody's assignment of a comparison added; in the transaction that removes them."""
    systems = [f"comparison__summary_{side}__run__system" for side in Side.values]
    given = Assignment.objects.filter(comparison=comparison_id).order_by("annotator")
    for annotator_id, side, *pair in given.values_list("annotator", "shown_left", *systems):
        left, right = pair if side == Side.A else pair[::-1]
        count(annotator_id, right, left)
