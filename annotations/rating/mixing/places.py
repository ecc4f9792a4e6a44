"""What gold and repeated pairs share: their places among the pairs of an annotator, which nobody can guess."""

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from annotations.models import Annotator, Assignment, Purpose

# An annotator holds at most the pair on the screen and the one fetched ahead.
HELD_AT_ONCE = 2


def given_in_order(annotator: Annotator) -> QuerySet[Assignment]:
    """The annotator's assignments without training, newest first; a pair that comes again keeps its position."""
    given = annotator.assignments.exclude(comparison__purpose=Purpose.TRAINING)
    return given.order_by("-created_at", "-pk")


def secret(annotator: Annotator, what: str, number: int) -> int:
    """Draw a number that follows from the study's seed, the annotator and the server's secret."""
    digest = salted_hmac(f"annotations.mixing.{what}", f"{annotator.study.seed}:{annotator.pk}:{number}").digest()
    return int.from_bytes(digest[:8], "big")
