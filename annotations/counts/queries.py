"""The statement written by hand that counts the sides of a pair which somebody is given."""

from lib.sql import Statement

_ADD_TO_LEADS = """INSERT INTO annotations_sidelead (annotator_id, system_id, lead) VALUES (%s, %s, %s), (%s, %s, %s)
ON CONFLICT (annotator_id, system_id) DO UPDATE SET lead = annotations_sidelead.lead + excluded.lead"""


def adding_to_leads(annotator_id: int, first: tuple[int, int], second: tuple[int, int]) -> Statement:
    """Return what adds to an annotator's SideLead of two systems: each is given as (system, what to add)."""
    return Statement(_ADD_TO_LEADS, (annotator_id, *first, annotator_id, *second))
