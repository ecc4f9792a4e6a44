"""Let many annotators rate at once over several web processes, with leases that expire and annotators who leave.

    python -m benchmarks.soak [--postgresql URL] [--annotators 16] [--processes 4] [--comparisons 2000] [--quota 2]

The annotators log in over HTTP and rate until nothing is left. Now and then one of them sends a vote twice, takes one
back, skips, fetches ahead, goes away until the lease has expired, or leaves and joins again. They are asked to mark an
error in what loses: some do so before they vote, some after it, some twice, some take a mark back and make another, and
some find no error. At the end the database must hold exactly what was acknowledged, and benchmarks/invariants.sql must
find nothing. --postgresql names a server on which a database is created and deleted again; without it, the soak test
uses SQLite in a temporary folder.
"""

import argparse
import os
import random
import re
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import AbstractContextManager
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from benchmarks.parts.site import ROOT, database, serving, temporary_site

SYSTEMS = 5
PAIRS = SYSTEMS * (SYSTEMS - 1) // 2
LEASE_SECONDS = 4
PASSWORD = "soak and soak"
CHOICES = ("left", "right", "tie", "both_bad")
# How often each behaviour is chosen, in a hundred pairs.
BEHAVIOUR = {"vote": 84, "twice": 5, "ahead": 4, "undo": 3, "skip": 1, "go away": 2, "leave": 1}
# How each losing summary gets its mark, in a hundred.
MARKING = {"before": 40, "after": 30, "twice": 8, "another": 8, "whole": 6, "none": 8}
LOSES = {"left": ("right",), "right": ("left",), "both_bad": ("left", "right"), "tie": ()}
FIRST_WORD = "Point"  # every summary begins with it
TOKEN = re.compile(r'data-token="([0-9a-f-]{36})"')


class SimulatedAnnotator(threading.Thread):
    """One annotator, as a thread with an HTTP client."""

    def __init__(self, server: str, username: str, invitation: str, seed: int) -> None:
        super().__init__(name=username)
        self.server, self.invitation, self.rng = server, invitation, random.Random(seed)
        self.jar = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.jar))
        self.acknowledged: dict[str, str] = {}
        self.marks: set[str] = set()  # the keys of those that stand
        self.order: list[str] = []
        self.done: Counter[str] = Counter()
        self.acts: list[str] = []  # in order, each with its pair: what a difference is explained by
        self.failure = ""

    def run(self) -> None:
        try:
            self._log_in()
            self._join()
            while self._rate_one():
                pass
        except Exception as error:
            body = error.read().decode()[:300] if isinstance(error, HTTPError) else ""
            self.failure = f"{self.name}: {error!r} {body}"

    def _log_in(self) -> None:
        self._get("/login/")
        self._post("/login/", {"username": self.name, "password": PASSWORD})

    def _join(self) -> None:
        self._get(self.invitation)
        self._post(self.invitation, {})
        self.rate = self.url.removeprefix(self.server)

    def _rate_one(self) -> bool:
        page = self._get(self.rate)
        shown = TOKEN.search(page)
        if shown is None:
            if "Others have the last pairs open" in page:
                time.sleep(0.5)
                return True
            return False
        what = self.rng.choices(list(BEHAVIOUR), list(BEHAVIOUR.values()))[0]
        self.done[what] += 1
        self.acts.append(f"{what} {shown[1]}")
        self._act(what, shown[1])
        return True

    def _act(self, what: str, token: str) -> None:
        if what == "skip":
            self._say("remark", {"token": token, "kind": "skip", "reason": "other", "client_key": uuid.uuid4()})
        elif what == "leave":
            self._post(f"{self.rate}leave", {})
            self._join()
        elif what == "undo" and self.order:
            self._undo()
        else:
            self._vote(what, token)

    def _vote(self, what: str, token: str) -> None:
        if what == "ahead":
            self._get(f"{self.rate}next?after={token}")
        if what == "go away":
            time.sleep(LEASE_SECONDS * 1.5)
        choice = self.rng.choice(CHOICES)
        ways = {side: self.rng.choices(list(MARKING), list(MARKING.values()))[0] for side in LOSES[choice]}
        for side in (side for side, way in ways.items() if way == "before"):
            self._mark(token, side)
        vote = {"token": token, "criterion": "overall", "choice": choice, "client_key": uuid.uuid4()}
        for _ in range(2 if what == "twice" else 1):
            if self._say("vote", vote):
                self.acknowledged[token] = choice
                self.order = [earlier for earlier in self.order if earlier != token] + [token]
        for side, way in ways.items():
            self._explain(token, side, way)

    def _explain(self, token: str, side: str, way: str) -> None:
        self.done[f"marked: {way}"] += 1
        if way in ("after", "twice", "whole"):
            self._mark(token, side, times=2 if way == "twice" else 1, whole=way == "whole")
        elif way == "another" and (key := self._mark(token, side)):
            back = {"token": token, "mark": key, "client_key": uuid.uuid4()}
            if self._say("marks/take-back", back):
                self.marks.remove(key)
            self._mark(token, side)
        elif way == "none":
            self._say("marks/none", {"token": token})

    def _mark(self, token: str, side: str, *, times: int = 1, whole: bool = False) -> str:
        """Mark an error; return its key, or "" if the site refused it."""
        key, kind = str(uuid.uuid4()), "missing decision" if whole else "invented"
        sent = {"token": token, "side": side, "error_kind": kind, "severity": "minor", "client_key": key}
        words = {} if whole else {"start": 0, "end": len(FIRST_WORD), "text": FIRST_WORD}
        for _ in range(times):
            if self._say("marks/add", sent | words):
                self.marks.add(key)
        return key if key in self.marks else ""

    def _undo(self) -> None:
        """Take the last act back: an answer, or a skip. The site leads to an address that says which it was."""
        if not self._say("undo", {"client_key": uuid.uuid4()}, accept="text/html"):
            return
        if "undone=skip" in self.url:
            self.acts.append("undone skip")
        else:
            self.acts.append(f"undone {self.order[-1]}")
            del self.acknowledged[self.order.pop()]

    def _say(self, name: str, fields: dict[str, Any], accept: str = "application/json") -> bool:
        """Send an answer; return False if the site refused it because others were faster, the only valid refusal."""
        try:
            self._post(f"{self.rate}{name}", fields, accept=accept)
        except HTTPError as error:
            if error.code != 409:
                raise
            self.done["refused"] += 1
            self.acts.append(f"refused {name} {fields.get('token', '')}")
            return False
        return True

    def _get(self, path: str) -> str:
        return self._open(Request(self.server + path))

    def _post(self, path: str, fields: dict[str, Any], accept: str = "text/html") -> str:
        token = next(cookie.value for cookie in self.jar if "csrf" in cookie.name)
        data = urlencode(fields | {"csrfmiddlewaretoken": token}).encode()
        return self._open(Request(self.server + path, data, {"Referer": self.server, "Accept": accept}))

    def _open(self, request: Request) -> str:
        with self.opener.open(request, timeout=120) as answer:
            self.url = answer.geturl()
            body: str = answer.read().decode()
            return body


def make_study(comparisons: int, quota: int) -> Any:
    """Create a study with short texts: the test is about assignments, not about reading."""
    from annotations.studies.setup import RatingOptions, create_study
    from models_runner.datasets.instructions import sync_version
    from models_runner.models import Dataset, Document, Run, Summary, System, Transcript

    dataset = Dataset.objects.create(name="soak")
    about = {"adapter": "scripted", "regime": "zero-shot"}
    systems = [System.objects.create(slug=f"system-{n}", name=f"System {n}", **about) for n in range(SYSTEMS)]
    runs = [
        Run.objects.create(system=system, dataset=dataset, instruction="medium", status="done",
                           instruction_version=sync_version("medium"))
        for system in systems
    ]  # fmt: skip
    for n in range(-(-comparisons // PAIRS)):
        document = Document.objects.create(
            dataset=dataset, external_id=f"m{n}", position=n, word_count=8, content_hash=f"{n:064d}"
        )
        turns = [{"speaker": "Maya", "content": f"Point {n} is settled by Friday."}]
        Transcript.objects.create(document=document, turns=turns, original_turns=turns)
        Summary.objects.bulk_create(
            Summary(run=run, document=document, status="done", text=f"{FIRST_WORD} {n}, told {k}.", stop_reason="end",
                    dropped_tokens=0)
            for k, run in enumerate(runs)
        )  # fmt: skip
    return create_study("soak", dataset, systems, quota=quota, options=RatingOptions(ask_marks="required"))


def web_server(processes: int, port: int) -> AbstractContextManager[str]:
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "evalsite.wsgi", "--bind", address, "--workers", str(processes)]
    return serving([*command, "--threads", "2", "--log-level", "error"], address)


def violations() -> dict[str, int]:
    """Count the rows that each statement of invariants.sql finds."""
    from django.db import connection

    counts = {}
    for part in (ROOT / "benchmarks" / "invariants.sql").read_text().split(";"):
        names = [line[3:] for line in part.splitlines() if line.startswith("-- ")]
        if sql := "\n".join(line for line in part.splitlines() if not line.startswith("--")).strip():
            with connection.cursor() as cursor:
                cursor.execute(sql)
                counts[names[-1]] = len(cursor.fetchall())
    return counts


def differences(people: list[SimulatedAnnotator]) -> list[str]:
    """List answers that are not stored as they were acknowledged, and stored ones that were never acknowledged."""
    from annotations.models import Judgement
    from annotations.rating.votes import choice_of

    rows = Judgement.objects.values_list("assignment__token", "assignment__shown_left", "outcome")
    stored = {str(token): choice_of(outcome, left) for token, left, outcome in rows}
    said = {token: choice for person in people for token, choice in person.acknowledged.items()}
    wrong = [token for token, choice in said.items() if stored.get(token) != choice]
    return [*wrong, *(token for token in stored if token not in said)]


def different_marks(people: list[SimulatedAnnotator]) -> set[str]:
    """Return the keys of marks that stand without having been acknowledged, or the other way round."""
    from marks.models import Mark

    standing = {str(key) for key in Mark.objects.standing().values_list("client_key", flat=True)}
    return standing ^ set().union(*(person.marks for person in people))


def soak(options: argparse.Namespace) -> bool:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connections

    from annotations.people.links import invitation_path

    call_command("collectstatic", verbosity=0, interactive=False)
    study = make_study(options.comparisons, options.quota)
    names = [f"annotator{n}" for n in range(options.annotators)]
    for name in names:
        User.objects.create_user(name, password=PASSWORD)
    connections.close_all()
    started = time.monotonic()
    with web_server(options.processes, options.port) as server:
        people = [SimulatedAnnotator(server, name, invitation_path(study), seed) for seed, name in enumerate(names)]
        for person in people:
            person.start()
        for person in people:
            person.join()
    return report(study, people, time.monotonic() - started)


def report(study: Any, people: list[SimulatedAnnotator], seconds: float) -> bool:
    from annotations.models import Assignment

    places = sum(study.comparisons.values_list("quota", flat=True))
    rated = Assignment.objects.filter(state="done").count()
    expired = Assignment.objects.filter(state="expired").count()
    did = sum((person.done for person in people), Counter())
    wrong, violated, marks = differences(people), violations(), different_marks(people)
    failures = [person.failure for person in people if person.failure]
    print(f"{len(people)} annotators, {study.comparisons.count()} comparisons, {seconds:.0f} s")
    print(f"  pairs shown and what was done: {dict(did.most_common())}")
    print(f"  rated {rated} of {places} places; given back by expiry and not taken up again: {expired}")
    print(f"  answers acknowledged but not stored so, or stored without: {len(wrong)}")
    print(f"  marks acknowledged but not standing, or standing without: {len(marks)}")
    for name, rows in violated.items():
        print(f"  {name}: {rows}")
    for failure in failures:
        print(f"  FAILED {failure}")
    sound = not (wrong or marks or failures or any(violated.values())) and rated == places
    print("sound" if sound else "NOT sound")
    return sound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", metavar="URL", help="For example postgres://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--annotators", type=int, default=16)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--comparisons", type=int, default=2000)
    parser.add_argument("--quota", type=int, default=2)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    os.environ["ASSIGNMENT_LEASE_SECONDS"] = str(LEASE_SECONDS)
    if options.postgresql:
        with database(options.postgresql) as url, temporary_site(1, database_url=url):
            sound = soak(options)
    else:
        with temporary_site(1):
            sound = soak(options)
    sys.exit(not sound)


if __name__ == "__main__":
    main()
