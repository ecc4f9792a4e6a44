"""Count the requests of a minute on a row; safe with many processes.

The row has the fields `minute` and `used_in_minute`.
"""

from datetime import datetime

from django.db.models import F, Model, Q, QuerySet


def count_request(row: QuerySet[Model], now: datetime, limit: int, **changes: object) -> bool:
    """Count one request; False if the limit of this minute is reached.

    Args:
        row: A query of that one row.
        changes: Of other fields, with each request that is let through.
    """
    minute = now.replace(second=0, microsecond=0)
    this_minute = row.filter(minute=minute, used_in_minute__lt=limit)
    if this_minute.update(used_in_minute=F("used_in_minute") + 1, **changes):
        return True
    earlier_minute = row.filter(Q(minute=None) | Q(minute__lt=minute))
    return bool(
        earlier_minute.update(minute=minute, used_in_minute=1, **changes)
        # Between these two statements another process may have begun the minute.
        or this_minute.update(used_in_minute=F("used_in_minute") + 1, **changes)
    )
