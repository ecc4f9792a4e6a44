"""Work on a claimed row: renew its lease meanwhile, and store the reason of any failure."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.utils import timezone

from jobs.claims import give_back_rows
from jobs.database import connection_is_lost, until_answered
from jobs.leases import KeepLease, lease_time
from jobs.models import Announced, Leased, LeasedQuerySet
from jobs.outside import is_from_outside
from jobs.workers.draining import WorkerEndingError
from lib.faults import disk_is_full, explained
from lib.serving.traces import span

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Leased)


class LeaseLostError(Exception):
    """The row was cancelled, or given to another worker, during the work."""


def reason_of(error: Exception) -> str:
    """Return why a job failed: the error's message, or its name if it has none; for a full disk, what to do."""
    return explained(error) if disk_is_full(error) else str(error) or type(error).__name__


def work_on(rows: LeasedQuerySet, pk: int, do: Callable[[Any, Any], str], *, owner: str, **options: Any) -> str:
    """Claim one row and do its work; return a line for the log. Calling it twice is harmless.

    Args:
        rows: The model's rows.
        pk: The row's key.
        do: As for work_on_held.
        owner: The worker that claims the row.
        options: As for work_on_held.
    """
    with span("claim", **{rows.model._meta.model_name or "row": pk}):
        is_held = rows.claim(pk, owner=owner, now=timezone.now(), lease=lease_time())
    if not is_held:
        return f"{rows.model._meta.verbose_name} {pk}: held elsewhere, finished or gone"
    return work_on_held(rows.get(pk=pk), do, **options)


def _ids(row: Leased) -> dict[str, int]:
    """Return the keys of the row, and of the run and the study that it is about."""
    about = {name: getattr(row, f"{name}_id", None) for name in ("run", "study")}
    return {row._meta.model_name or "row": row.pk} | {name: key for name, key in about.items() if key is not None}


def work_on_held(
    row: Row,
    do: Callable[[Row, Any], str],
    *,
    explain: Callable[[Exception], str] = reason_of,
    progress: Callable[[], Mapping[str, object]] = dict,
    every: float | None = None,
) -> str:
    """Do the work of a row that its owner has just claimed; return a line for the log.

    Args:
        do: Called with the row and a queryset of it that is empty once the lease is lost; ends it by held.finish().
        explain: Returns the failure reason of an error.
        progress: Returns columns that are stored at each renewal of the lease, which happens every `every` seconds.
    """
    rows = cast(LeasedQuerySet[Row], type(row)._default_manager.filter(pk=row.pk))
    held = rows.held_by(row.owner)
    what = f"{row._meta.verbose_name} {row.pk}"
    if row.attempts > row.MAX_ATTEMPTS:
        held.fail(row.WORKER_ENDED)
        return f"{what}: given up"
    try:
        with (
            span(str(row._meta.verbose_name), **_ids(row)),
            KeepLease(lambda: held.renew(lease_time(), **progress()), every=every),
        ):
            return f"{what}: {do(row, held)}"
    except LeaseLostError:
        return f"{what}: stopped, as it is held no more"
    except WorkerEndingError:
        give_back_rows(held)
        return f"{what}: stopped, as the worker ends"
    except Exception as error:
        return f"{what}: {_stopped_by(error, row, held, explain)}"


def _stopped_by(error: Exception, row: Leased, held: LeasedQuerySet[Any], explain: Callable[[Exception], str]) -> str:
    """Give back, put off or fail a row whose work raised this error; return what to log."""
    if connection_is_lost(error):
        until_answered(lambda: give_back_rows(held))
        return f"given back, as the database was gone. {explain(error)}"
    reason, what = explain(error), f"{row._meta.verbose_name} {row.pk}"
    if is_from_outside(error) or disk_is_full(error):
        _wait(row, held, error, reason)
        logger.warning("%s could not be done", what, exc_info=error)
    else:
        held.fault(reason)
        logger.error("%s failed", what, exc_info=error)
    return reason


def _wait(row: Leased, held: LeasedQuerySet[Any], error: Exception, reason: str) -> None:
    """Let a row wait until a sweep announces it again, RESEND_SECONDS from now at the earliest."""
    later = {"announced_at": timezone.now()} if isinstance(row, Announced) else {}
    if is_from_outside(error):
        held.put_back_uncounted(failure_reason=reason, **later)
    elif row.attempts < row.MAX_ATTEMPTS:
        held.put_back(failure_reason=reason, **later)
    else:
        held.fail(reason)
