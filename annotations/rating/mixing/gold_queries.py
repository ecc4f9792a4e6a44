"""Statements written by hand: what tells which gold or training pair is due. As rating/queries.py, which says why."""

from typing import NamedTuple

from annotations.models import Annotator
from annotations.rating.queries import in_languages
from lib.sql import fetch

# NOT and = as in the index of these few pairs of a study, which SQLite takes only for the same words.
_OPEN_ITEMS = """SELECT comparison.id, comparison.purpose, comparison.document_id, mine.id IS NOT NULL
FROM annotations_comparison comparison JOIN annotations_knownpair item ON item.comparison_id = comparison.id
LEFT JOIN annotations_assignment mine ON mine.comparison_id = comparison.id AND mine.annotator_id = %s
WHERE comparison.study_id = %s AND NOT comparison.purpose = 'rating' AND item.switched_off_at IS NULL
AND (mine.id IS NULL OR mine.state = 'expired'){languages} ORDER BY item.id"""
_LAST_GIVEN = """SELECT given.comparison_id, given.state, comparison.purpose, COUNT(*) OVER ()
FROM annotations_assignment given
JOIN annotations_comparison comparison ON comparison.id = given.comparison_id AND comparison.purpose <> 'training'
WHERE given.annotator_id = %s ORDER BY given.created_at DESC, given.id DESC LIMIT %s"""


class OpenItem(NamedTuple):
    """A control item that this annotator neither answered nor skipped nor holds.

    Attributes:
        returned: They held it before, and its lease ran out.
    """

    comparison: int
    purpose: str
    document: int
    returned: bool


class LastGiven(NamedTuple):
    """One of the last pairs that an annotator was given, and how many they were given; training counts apart."""

    comparison: int
    state: str
    purpose: str
    given: int


def open_items(annotator: Annotator) -> list[OpenItem]:
    """Return the study's control items that can be given to the annotator, in the order they were made."""
    languages, codes = in_languages(annotator)
    rows = fetch(_OPEN_ITEMS.format(languages=languages), annotator.pk, annotator.study_id, *codes)
    return [OpenItem(pair, purpose, document, bool(returned)) for pair, purpose, document, returned in rows]


def last_given(annotator: Annotator, most: int) -> list[LastGiven]:
    """Return up to `most` pairs without training that the annotator was given, newest first."""
    return list(map(LastGiven._make, fetch(_LAST_GIVEN, annotator.pk, most)))
