"""Which run a worker writes next: one that goes first, or, after a while with a long one, the next that waits.

Without it, a run of a hundred thousand summaries would hold up one of ten for a day.
"""

import time

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from models_runner.models import Run, Summary
from models_runner.models.runs import RunQuerySet

# How often, at most, the database is asked while summaries are written.
ASK_EVERY_SECONDS = 1.0


class GivingWay:
    """Whether a worker that writes a run should turn to another one.

    Attributes:
        to: The run to turn to; None while there is none.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.to: Run | None = None
        self._begun: float | None = None
        self._asked: float | None = None

    def is_due(self) -> bool:
        """Tell whether to give way now; between two documents, when nothing of the run is half written."""
        now = time.monotonic()
        if self.to is None and (self._asked is None or now - self._asked >= ASK_EVERY_SECONDS):
            self._asked = now
            self.to = self._first() or (self._longest_waiting() if self._has_had_its_turn(now) else None)
        return self.to is not None

    def note_written(self) -> None:
        """Take note that something of the run was written: with that its turn begins, not while a model is loaded."""
        if self._begun is None:
            self._begun = time.monotonic()

    def _has_had_its_turn(self, now: float) -> bool:
        turn = settings.RUN_TURN_SECONDS
        return bool(turn) and self._begun is not None and now - self._begun >= turn

    def announce(self) -> None:
        """Put the run that gave way at the end of the queue."""
        Run.objects.open().filter(pk=self.run.pk).update(queued_at=timezone.now())
        Run.objects.open().filter(pk=self.run.pk).announce()

    def _first(self) -> Run | None:
        # The row may have been changed since it was read.
        if Run.objects.filter(pk=self.run.pk, goes_first=True).exists():
            return None
        return self._others().filter(goes_first=True).first()

    def _longest_waiting(self) -> Run | None:
        held = Summary.objects.running().filter(run=OuterRef("pk"))
        return self._others().filter(~Exists(held), goes_first=self.run.goes_first).first()

    def _others(self) -> RunQuerySet:
        """Return runs with summaries to claim, but those that are written together with this one."""
        ready = Summary.objects.ready(timezone.now()).filter(run=OuterRef("pk"))
        together = Q(system=self.run.system_id, dataset=self.run.dataset_id, split=self.run.split)
        others = Run.objects.open().filter(Exists(ready)).exclude(together)
        return others.select_related("system", "dataset").order_by("queued_at", "pk")
