"""When what goes wrong, from a seed, and who does it."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chaos.processes import Clock, Site
from benchmarks.chaos.servers import Disk

HOUR = 3600
FULL_SECONDS = 6.0
GONE_SECONDS = (0.3, 2.0)


@dataclass(frozen=True)
class Plan:
    """How much goes wrong within so many seconds: half of the kills hit workers, half web processes."""

    seconds: float
    kills: int
    restarts: int
    wipes: int


def schedule(plan: Plan, rng: random.Random) -> list[tuple[float, str]]:
    """Return (seconds, fault), in order: each kind spread over the time, at moments that the seed gives."""
    counts = {"worker": plan.kills - plan.kills // 2, "web": plan.kills // 2}
    counts |= {"restart": plan.restarts, "wipe": plan.wipes}
    events = [
        (plan.seconds * (number + rng.random()) / count, fault)
        for fault, count in counts.items()
        for number in range(count)
    ]
    once = {"fill": 0.3, "forward": 0.5, "back": 0.75}
    return sorted([*events, *((plan.seconds * part, fault) for fault, part in once.items())])


@dataclass
class Faults:
    """Does what the schedule says. Kills go on while a server restarts, so they have a thread of their own.

    Attributes:
        did: How many of each were done.
        failed: What could not be done, in words.
    """

    site: Site
    database: Any
    broker: Any
    disk: Disk
    clock: Clock
    seed: int
    did: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def run(self, events: list[tuple[float, str]]) -> None:
        begun = time.monotonic()
        kinds = ({"worker", "web"}, {"restart", "wipe", "fill"}, {"forward", "back"})
        threads = [
            threading.Thread(
                target=self._follow, args=([e for e in events if e[1] in kind], begun, number), daemon=True
            )
            for number, kind in enumerate(kinds)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _follow(self, events: list[tuple[float, str]], begun: float, number: int) -> None:
        rng = random.Random(f"{self.seed} {number}")
        for at, fault in events:
            time.sleep(max(0.0, begun + at - time.monotonic()))
            try:
                self._do(fault, rng)
            except Exception as error:
                self.failed.append(f"{fault}: {error!r}")

    def _do(self, fault: str, rng: random.Random) -> None:
        ways: dict[str, Callable[[], object]] = {
            "worker": lambda: self._kill(self.site.kill_worker, rng),
            "web": lambda: self._kill(self.site.kill_web, rng),
            "restart": lambda: self.database.restart(rng.uniform(*GONE_SECONDS)),
            "wipe": self.broker.wipe,
            "fill": self._fill,
            "forward": lambda: self._jump("forward", HOUR),
            "back": lambda: self._jump("back", 0),
        }
        ways[fault]()
        if fault in ("restart", "wipe"):
            self.did[fault] += 1

    def _kill(self, kill: Callable[[random.Random], str], rng: random.Random) -> None:
        """A process that is just being started anew cannot be killed; wait for one that can."""
        end = time.monotonic() + 10
        while not (killed := kill(rng)) and time.monotonic() < end:
            time.sleep(0.1)
        self.did[f"kill {killed}" if killed else "no kill"] += 1

    def _fill(self) -> None:
        if not self.disk.is_small:
            return
        self.disk.fill()
        time.sleep(FULL_SECONDS)
        self.disk.clear()
        # A server that ended for want of space is started by whoever made space.
        self.database.start()
        self.did["disk full"] += 1

    def _jump(self, name: str, seconds: int) -> None:
        if self.clock.can_jump:
            self.clock.set(seconds)
            self.did[f"clock {name}"] += 1
