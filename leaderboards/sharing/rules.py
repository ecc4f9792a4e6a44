"""When results may be shown without an account: once rating is over, or if an owner insists and says why."""

from datetime import datetime

from annotations.models import Study

GOES_ON = (
    "Rating is not over in this study: who still rates would see what others chose. Close the study first, or insist "
    "and say why."
)
NO_REASON = "You insist on showing results while rating goes on. Say why: it is written into the history and shown."
NOTHING = "No page is chosen. Choose at least one."


class SharingError(ValueError):
    """What was asked for may not be shared so; the message says what to do."""


def rating_goes_on(study: Study, now: datetime) -> bool:
    """Whether somebody may still rate, now or later: in a paused study or a draft, too."""
    return not study.is_over(now)


def reason_to_keep(study: Study, now: datetime, *, insist: bool, reason: str) -> str:
    """Return the reason to store; "" where rating is over, and none is needed. Raises SharingError."""
    if not rating_goes_on(study, now):
        return ""
    if not insist:
        raise SharingError(GOES_ON)
    if not reason.strip():
        raise SharingError(NO_REASON)
    return reason.strip()
