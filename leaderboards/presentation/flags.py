"""What a page of results says of annotators whom a check flags."""

from dataclasses import dataclass

from annotations.models import Annotator, Study
from annotations.quality.flagged import known_flags
from leaderboards.data.filters import Filters


@dataclass(frozen=True)
class FlagNote:
    """Flagged annotators beside a page's figures.

    Attributes:
        names: Pseudonyms, in order.
        known: False in a large study whose quality page was never computed.
        left_out: Whether this view leaves their votes out.
    """

    names: list[str]
    known: bool
    left_out: bool


def flag_note(study: Study, filters: Filters) -> FlagNote:
    """Read what to say; in a small study by the votes as they are, in a large one as of its newest quality page."""
    flags = known_flags(study)
    people = Annotator.objects.filter(pk__in=flags or {}).order_by("pseudonym")
    return FlagNote(list(people.values_list("pseudonym", flat=True)), flags is not None, filters.raters == "unflagged")
