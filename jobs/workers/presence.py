"""Let every worker process report that it is alive, and sweep at its start and at intervals."""

import logging
import threading

from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs import sweeper
from jobs.models import SEEN_EVERY, Worker
from jobs.ownership import is_gone, machine_id, owner_id, process_id
from jobs.workers import idling

logger = logging.getLogger(__name__)

SEEN_EVERY_SECONDS = SEEN_EVERY.total_seconds()


def workers_for(queue: str) -> list[Worker]:
    """Return the live workers that take messages from this queue."""
    return [w for w in Worker.objects.seen_lately() if queue in w.queues and not is_gone(w.owner)]


class Presence:
    """Keeps this process's row up to date and sweeps, in a thread, because a busy worker receives no messages."""

    def __init__(self, queues: list[str]) -> None:
        self._owner = owner_id()
        self._queues = queues
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(timeout=5)
        if not idling.is_starting_anew():
            Worker.objects.filter(owner=self._owner).delete()

    def _run(self) -> None:
        try:
            self._tick(starting=True)
            swept = 0.0
            while not self._ended.wait(SEEN_EVERY_SECONDS):
                swept += SEEN_EVERY_SECONDS
                due = swept >= settings.SWEEP_SECONDS
                self._tick(sweep=due)
                swept = 0.0 if due else swept
                idling.end_if_idle()
        finally:
            connection.close()

    def _tick(self, *, sweep: bool = True, starting: bool = False) -> None:
        try:
            Worker.objects.update_or_create(
                owner=self._owner, defaults={"queues": self._queues, "seen_at": timezone.now()}
            )
            if starting:
                # Of this process before it started anew (jobs/workers/idling.py).
                Worker.objects.filter(owner__startswith=process_id()).exclude(owner=self._owner).delete()
            if sweep:
                sweeper.sweep(starting=starting)
        except DatabaseError:
            logger.warning("worker %s could not report to the database", machine_id(), exc_info=True)
            connection.close_if_unusable_or_obsolete()


_presence: Presence | None = None


@worker_ready.connect
def _start_presence(sender: object = None, **kwargs: object) -> None:
    global _presence
    queues = sorted(sender.app.amqp.queues.consume_from)  # type: ignore[attr-defined]
    _presence = Presence(queues)
    _presence.start()


@worker_shutdown.connect
def _stop_presence(**kwargs: object) -> None:
    if _presence is not None:
        _presence.stop()
    idling.start_anew()
