"""Annotators who vote all the while, as the page does, and a researcher who opens boards and asks for files."""

import random
import threading
import time
from collections import Counter
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

from benchmarks.soak import SimulatedAnnotator

# The page's script waits from 1 to 30 seconds; less here, so that many votes meet each fault.
RETRY_SECONDS = (0.2, 0.4, 0.8, 1.6)
OUTAGE = 503
RELEASES = 4


class Pace:
    """How fast people rate: so that they are done when the faults are, and then as fast as they can."""

    def __init__(self, places: int, people: int) -> None:
        self._places, self._people, self.end, self.rated = places, people, 0.0, 0
        self.stopped = self.gives_up = False

    def pause(self) -> float:
        left = self._places - self.rated
        return max(0.0, min(5.0, (self.end - time.monotonic()) * self._people / max(left, 1)))


class Patient:
    """Sends each request until it is answered. A 5xx other than 503, and a page that cannot be, is remembered."""

    faults: Counter[str]
    wrong: list[str]
    pace: Pace

    def insist(self, send: Any, request: Request) -> str:
        for number in range(10_000):
            try:
                # A new one each time: urllib keeps in it where earlier tries were led.
                return send(Request(request.full_url, request.data, dict(request.headers)))
            except HTTPError as error:
                if error.code < 500:
                    raise
                self.faults[str(error.code)] += 1
                if error.code != OUTAGE:
                    self.wrong.append(f"{error.code} {request.get_method()} {request.full_url}")
            except (OSError, HTTPException) as error:
                self.faults[type(error).__name__] += 1
            if self.pace.gives_up:
                break
            time.sleep(RETRY_SECONDS[min(number, len(RETRY_SECONDS) - 1)])
        raise RuntimeError(f"gave up: {request.full_url}")

    def insist_on_login(self, log_in: Any) -> None:
        """Until it is known to have worked: one whose answer was lost has ended the session and token of before."""
        while True:
            try:
                return log_in()
            except HTTPError as error:
                if error.code not in (400, 403):
                    raise
                self.faults["log in again"] += 1


class ChaosAnnotator(Patient, SimulatedAnnotator):
    def __init__(self, server: str, username: str, invitation: str, seed: int, pace: Pace) -> None:
        super().__init__(server, username, invitation, seed)
        self.daemon, self.pace, self.faults, self.wrong = True, pace, Counter(), []
        self.joined = threading.Event()
        self.took: dict[str, list[float]] = {"next": [], "save": []}

    def _rate_one(self) -> bool:
        if self.pace.stopped:
            return False
        before = len(self.acknowledged)
        goes_on = super()._rate_one()
        self.pace.rated += len(self.acknowledged) - before
        time.sleep(self.pace.pause() * self.rng.uniform(0.5, 1.5))
        return goes_on

    def _log_in(self) -> None:
        self.insist_on_login(super()._log_in)

    def _join(self) -> None:
        super()._join()
        self.joined.set()

    def _open(self, request: Request) -> str:
        begun = time.monotonic()
        body = self.insist(super()._open, request)
        if self.joined.is_set() and (what := self._kind(request)):
            self.took[what].append(time.monotonic() - begun)
        return body

    def _kind(self, request: Request) -> str:
        """Say whether this asked for a pair, with its whole page, or sent a vote; "" for anything else."""
        rate = self.server + self.rate
        return {rate: "next", f"{rate}vote": "save"}.get(request.full_url, "")


class Researcher(Patient, SimulatedAnnotator):
    """Opens boards and quality, streams exports, and has exports and releases written, until told to stop."""

    def __init__(self, server: str, username: str, study: Any, seed: int, pace: Pace) -> None:
        super().__init__(server, username, "", seed)
        self.daemon, self.pace, self.faults, self.wrong, self.study = True, pace, Counter(), [], study
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            self.insist_on_login(self._log_in)
            while not self.stopped.wait(1.0):
                self._look()
        except Exception as error:
            body = error.read().decode()[:300] if isinstance(error, HTTPError) else ""
            self.failure = f"{self.name}: {error!r} {body}"

    def _look(self) -> None:
        slug = self.study.slug
        pages = {"board": f"/boards/{slug}/", "figures": f"/boards/{slug}/figures/", "trust": f"/boards/{slug}/trust/"}
        pages |= {"quality": f"/studies/{slug}/quality/", "runs": "/runs/"}
        what = self.rng.choice([*pages, "streamed", "export", "release"])
        self.done[what] += 1
        if what in pages:
            self._get(pages[what])
        elif what == "streamed":
            form = {"format": self.rng.choice(["csv", "jsonl", "evalica"]), "votes": "majority"}
            self._post(f"/boards/{slug}/exports/new", form)
        elif what == "export":
            self._ask_for_export()
        elif self.done[what] <= RELEASES:
            self._ask_for_release(f"{self.done[what]}.0")

    def _ask_for_release(self, version: str) -> None:
        """One that was sent again, because the first answer was lost, is refused: its version is taken."""
        form = {"name": "Chaos", "version": version, "licence": "CC-BY-4.0"}
        try:
            self._post(f"/boards/{self.study.slug}/releases/new", form)
        except HTTPError as error:
            if error.code != 400:
                raise
            self.faults["release was made already"] += 1

    def _ask_for_export(self) -> None:
        """As the page does for exports that are too large to be streamed; one that fails is not asked for again."""
        from django.contrib.auth.models import User
        from django.db import DatabaseError, connections, transaction

        from leaderboards.exports.service import Export, get_format
        from leaderboards.files.jobs import start_export

        try:
            with transaction.atomic():
                export = Export(self.study, get_format(self.rng.choice(["csv", "jsonl", "parquet"])))
                start_export(export, User.objects.get(username=self.name))
        except DatabaseError:
            self.faults["export not stored"] += 1
        finally:
            connections.close_all()

    def _open(self, request: Request) -> str:
        return self.insist(super()._open, request)


def make_people(server: str, names: list[str], invitation: str, seed: int, pace: Pace) -> list[ChaosAnnotator]:
    rng = random.Random(seed)
    return [ChaosAnnotator(server, name, invitation, rng.randrange(1 << 30), pace) for name in names]
