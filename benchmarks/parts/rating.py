"""Rate over HTTP as the rating page does, as fast as the site answers or as people do."""

import html
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.parts.browser import TOKEN, Browser

PASSWORD = "annotate and annotate"
CHOICES = ("left", "right", "tie")
FURTHER = {"X-Fragment": "1"}
SUMMARY = re.compile(r'<div class="summary-text"[^>]*>(.*?)</div>', re.DOTALL)
TAGS = re.compile(r"<[^>]*>")


@dataclass
class Timed:
    """What one annotator did.

    Attributes:
        next: Seconds until the next pair was there, for each vote but the first; in one request, those of the vote.
        save: Seconds until the vote was acknowledged, for each vote but the first; in one request, with the next pair.
        mark: Seconds until each mark was acknowledged, for each vote but the first.
        acknowledged: The choice that the site acknowledged, by the pair's token.
        errors: Answers that were not expected.
    """

    next: list[float] = field(default_factory=list)
    save: list[float] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    mark: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """How votes are given.

    Attributes:
        marks: Mark words in both summaries before each vote.
        two_requests: Ask for the next pair after the vote, by a request of its own, as pages once did.
        think: Seconds that people look at a pair, on average; each time between half and one and a half of that.
    """

    marks: bool = False
    two_requests: bool = False
    think: float = 0.0


class Rater:
    """One annotator at the rating page: the pair shown, and in one request a vote, the one fetched ahead."""

    def __init__(self, browser: Browser, page: str, way: Way, seed: int) -> None:
        self._browser, self._page, self._way = browser, page, way
        self._rng = random.Random(seed)
        self._shown = self._ahead = ""

    def begin(self) -> None:
        """Open the page; as its script does, fetch the pair after the first one by a request of its own."""
        self._shown = self._browser.get(self._page)
        if not self._way.two_requests:
            self._ahead = self._browser.get(f"{self._page}next?after={_token(self._shown)}")

    def think(self) -> None:
        time.sleep(self._rng.uniform(0.5, 1.5) * self._way.think)

    def rate(self, timed: Timed, *, counts: bool) -> None:
        """Give a vote and get the next pair; counts: note how long that took."""
        started = time.perf_counter()
        if self._way.two_requests and counts:
            self._shown = self._browser.get(self._page, FURTHER)
        asked = time.perf_counter()
        token = _token(self._shown)
        marked = self._mark_both(token) if self._way.marks else []
        voting = time.perf_counter()
        choice = self._rng.choice(CHOICES)
        following = self._vote(token, choice)
        saved = time.perf_counter()
        timed.acknowledged[token] = choice
        if not self._way.two_requests:
            self._shown = self._ahead or following or self._browser.get(self._page, FURTHER)
            self._ahead = following if self._ahead else ""
        if counts:
            timed.save.append(saved - voting)
            timed.next.append(asked - started if self._way.two_requests else time.perf_counter() - voting)
            timed.mark += marked

    def _vote(self, token: str, choice: str) -> str:
        """Return the HTML of the pair that comes with the answer, or ""."""
        vote: dict[str, object] = {"token": token, "criterion": "overall", "choice": choice}
        vote |= {"client_key": uuid.uuid4(), "lead_time_ms": 20_000, "active_ms": 18_000}
        if not self._way.two_requests:
            vote["after"] = _token(self._ahead or self._shown)
        answer = self._browser.post(f"{self._page}vote", vote, accept="application/json")
        return json.loads(answer).get("next") or ""

    def _mark_both(self, token: str) -> list[float]:
        """Mark the first characters of both summaries; return the seconds until each was acknowledged."""
        took = []
        for side, summary in zip(("left", "right"), SUMMARY.findall(self._shown), strict=True):
            text = "".join(html.unescape(TAGS.sub("", summary)).split())[:5]
            about = {"token": token, "side": side, "error_kind": "invented", "severity": "minor"}
            place = {"start": 0, "end": len(text), "text": text, "client_key": uuid.uuid4()}
            started = time.perf_counter()
            self._browser.post(f"{self._page}marks/add", about | place, accept="application/json")
            took.append(time.perf_counter() - started)
        return took


def _token(pair: str) -> str:
    found = TOKEN.search(pair)
    if found is None:
        raise RuntimeError("There was no pair on the page.")
    return found[1]


def _rate(rater: Rater, votes: int, gate: threading.Barrier, timed: Timed) -> None:
    """Give one vote to warm up, then the given number of votes, each after a look at the pair."""
    for number in range(votes + 1):
        if number == 1:
            gate.wait()
        try:
            if number == 0:
                rater.begin()
            else:
                rater.think()
            rater.rate(timed, counts=number > 0)
        except Exception as error:
            timed.errors.append(repr(error)[:300])


def loop(
    server: str, people: Sequence[str], invitation: str, votes: int, *, way: Way = Way()
) -> tuple[list[Timed], float]:
    """Let everybody rate at once; return their times, and the seconds from the end of the warm-up to the last vote."""
    gate = threading.Barrier(len(people) + 1)
    timed, threads = [], []
    for n, name in enumerate(people):
        browser = Browser(server)
        browser.log_in(name, PASSWORD)
        rater = Rater(browser, browser.join(invitation), way, n)
        timed.append(Timed())
        share = votes // len(people) + (n < votes % len(people))
        threads.append(threading.Thread(target=_rate, args=(rater, share, gate, timed[-1])))
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return timed, time.perf_counter() - started
