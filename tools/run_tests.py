"""Run every test on SQLite with the file broker, and those that reach the database on PostgreSQL with Redis as well.

On PostgreSQL one test is enough for each statement that any sends: tools/postgresql_tests.py has chosen which.

All run at the same time, on two cores: one process on PostgreSQL, two on SQLite with the slow files first, and one
with the tests in a browser. A page that waits for its turn on a processor looks like one that hangs, so the browser goes
before the others, which take what it leaves: it waits half of its time.

Servers are found at their usual addresses or given by TEST_DATABASE_URL and TEST_BROKER_URL. With CI=true nothing is
skipped but what needs a GPU or another tool's installation: PostgreSQL, Redis, nginx and Chromium are installed from
Debian's packages, and the first two started, where they are missing.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from tools import servers

ROOT = Path(__file__).parents[1]
NO_TESTS = 5  # pytest's answer where nothing was chosen
# The others give way to the browser's tests.
GIVE_WAY = ("nice", "-n", "10")
BROWSER_TESTS = "tests/browser"
AGAIN = "database and not (browser or weights or once or simulation{})"
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# One thread a model: several runs share the machine, and threads of a model wait for each other by spinning.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "GENERATION_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def surroundings() -> dict[str, str]:
    """The environment of every process. Compiled code is kept, or each of a hundred would compile the project anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ONE_THREAD


@contextmanager
def pytest(
    *arguments: str, environment: Mapping[str, str], output: IO[str] | None = None, before: Sequence[str] = GIVE_WAY
) -> Iterator[subprocess.Popen[str]]:
    """Pytest under way, with a data folder of its own; ended with the block if it has not ended by itself."""
    with tempfile.TemporaryDirectory(prefix="punchweight-test-", ignore_cleanup_errors=True) as data_dir:
        env = surroundings() | {"DATA_DIR": data_dir} | dict(environment)
        command = [*before, sys.executable, "-m", "pytest", *arguments]
        with subprocess.Popen(command, env=env, stdout=output, stderr=output, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()


def parallel() -> list[str]:
    """Tests of one file stay together: they share what is dear to set up. Files go in the order of tests/conftest.py."""
    return ["-n", os.environ.get("TEST_PROCESSES", "2"), "--dist", "loadfile", "--no-loadscope-reorder"]


def migrated_database(folder: str) -> Path:
    """Make a SQLite database that the processes on SQLite begin with a copy of: each would take ten seconds to migrate."""
    env = {name: value for name, value in surroundings().items() if name != "DATABASE_URL"} | {"DATA_DIR": folder}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, cwd=ROOT, check=True)
    return Path(folder) / "db.sqlite3"


def compiled_once(started: ExitStack) -> subprocess.Popen[bytes]:
    """Collect every test, which leaves their code and what it imports compiled.

    Otherwise the processes, which begin with the same files at the same time, would each compile all of it.
    """
    folder = started.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-test-"))
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    env = surroundings() | {"DATA_DIR": folder}
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def loud(text: str) -> None:
    print(f"\n!!! {text}\n", flush=True)


def on_postgresql(database_url: str, broker_url: str, *, every: bool) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment of the second run. A lost commit is no loss there, so none waits for the disk.

    every: whether tests run there that send only statements which others send, too.
    """
    options = "options=-c%20synchronous_commit%3Doff%20-c%20jit%3Doff"
    url = f"{database_url}{'&' if '?' in database_url else '?'}{options}"
    chosen = AGAIN.format("" if every else " or same_statements")
    return ["-p", "no:cacheprovider", "-m", chosen], {"DATABASE_URL": url, "CELERY_BROKER_URL": broker_url}


class Run:
    """One of several at the same time, whose output is shown when it has ended."""

    def __init__(self, title: str, started: ExitStack, *arguments: str, **options: Any) -> None:
        self.title = title
        self.output = started.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115
        self.process = started.enter_context(pytest(*arguments, output=self.output, **options))

    def wait(self) -> int:
        code = self.process.wait()
        print(f"\n=== {self.title}, at the same time", flush=True)
        self.output.seek(0)
        print(self.output.read(), flush=True)
        return code


def main() -> int:
    extra = sys.argv[1:]
    with ExitStack() as started:
        compiling = compiled_once(started) if not extra else None
        chromium = servers.find_chromium(install=CI)
        database_url = servers.find_postgresql(started, install=CI)
        broker_url = servers.find_redis(started, install=CI)
        skipped = [] if chromium else ["browser tests (no chromium-headless-shell and no chromium in /usr/bin)"]
        if servers.find_nginx(install=CI) is None:
            skipped.append("the site behind nginx (not installed)")
        folder = started.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-test-"))
        template = {"TEST_DATABASE_TEMPLATE": str(migrated_database(folder))}
        if compiling:
            compiling.wait()
        others = []
        if database_url and broker_url:
            every = os.environ.get("TEST_POSTGRESQL") == "all"
            again, urls = on_postgresql(database_url, broker_url, every=every)
            others.append(Run("PostgreSQL, Redis", started, *extra, *again, environment=urls))
        else:
            missing = [name for name, url in (("PostgreSQL", database_url), ("Redis", broker_url)) if not url]
            skipped.append(
                f"the database and worker tests on PostgreSQL with Redis (no {' and no '.join(missing)} found)"
            )
        if chromium:
            # In one process, for the same reason.
            chosen = [*(extra or [BROWSER_TESTS]), "-p", "no:cacheprovider", "-m", "browser"]
            others.insert(
                0, Run("SQLite, file broker, in a browser", started, *chosen, environment=template, before=())
            )
        print("\n=== SQLite, file broker", flush=True)
        with pytest(*parallel(), *extra, "-m", "not browser", environment=template) as first:
            results = [first.wait()]
        results += [other.wait() for other in others]
    if skipped:
        loud(
            f"SKIPPED: {'; '.join(skipped)}. Start them, or set TEST_DATABASE_URL and TEST_BROKER_URL, or run with CI=true."
        )
    return next((code for code in results if code not in (0, NO_TESTS)), 0)


if __name__ == "__main__":
    sys.exit(main())
