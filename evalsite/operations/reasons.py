"""Name the kind of a failure by its reason. Reasons hold texts of others, and there are as many of them as failures."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_noop as _

OTHER = _("other reasons")
# The first whose words stand in the reason names its kind.
KINDS: Mapping[str, tuple[str, ...]] = {
    _("the worker ended"): ("The worker ended",),
    _("out of memory"): ("Out of memory", "out of memory", "MemoryError"),
    _("full disk"): ("The disk is full", "No space left"),
    _("refused by the database"): ("The database refused", "It could not be saved"),
    _("not loaded"): ("could not be loaded", "not on this machine", "is not ready"),
    _("endpoint"): ("endpoint", "Connection", "HTTP ", "answered", "The provider"),
    _("cancelled or deleted"): ("cancelled", "was deleted"),
    _("too many attempts"): ("given up after",),
}


def kind_of(reason: str) -> str:
    """Return a key of KINDS, or OTHER."""
    return next((kind for kind, words in KINDS.items() if any(word in reason for word in words)), OTHER)


def kinds_of(reasons: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many failures of each kind there are.

    Args:
        reasons: Reasons, each with its number of failures.
    """
    counted: Counter[str] = Counter()
    for reason, number in reasons:
        counted[kind_of(reason)] += number
    return dict(counted)
