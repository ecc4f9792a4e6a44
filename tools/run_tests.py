"""Run every test on SQLite with the file broker, and those that reach the database on PostgreSQL with Redis as well.

Both run at the same time, on two cores: one process on PostgreSQL; on SQLite first the tests in a browser, then all
others in two processes, the slow ones first, so that neither core is idle at the end.

Servers are found at their usual addresses or given by TEST_DATABASE_URL and TEST_BROKER_URL. With CI=true nothing is
skipped but what needs a GPU or another tool's installation: PostgreSQL, Redis and Chromium are installed from Debian's
packages and started where they are missing.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tools import servers

ROOT = Path(__file__).parents[1]
NO_TESTS = 5  # pytest's answer where nothing was chosen
BROWSER_TESTS = "tests/browser"
AGAIN = "database and not (browser or weights or once or simulation)"
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# One thread a model: several runs share the machine, and threads of a model wait for each other by spinning.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "GENERATION_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def surroundings() -> dict[str, str]:
    """The environment of every process. Compiled code is kept, or each of a hundred would compile the project anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ONE_THREAD


@contextmanager
def pytest(
    *arguments: str, environment: Mapping[str, str], output: IO[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Pytest under way, with a data folder of its own; ended with the block if it has not ended by itself."""
    with tempfile.TemporaryDirectory(prefix="punchweight-test-", ignore_cleanup_errors=True) as data_dir:
        env = surroundings() | {"DATA_DIR": data_dir} | dict(environment)
        command = [sys.executable, "-m", "pytest", *arguments]
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


def loud(text: str) -> None:
    print(f"\n!!! {text}\n", flush=True)


def on_postgresql(database_url: str, broker_url: str) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment of the second run. A lost commit is no loss there, so none waits for the disk."""
    options = "options=-c%20synchronous_commit%3Doff"
    url = f"{database_url}{'&' if '?' in database_url else '?'}{options}"
    return ["-p", "no:cacheprovider", "-m", AGAIN], {"DATABASE_URL": url, "CELERY_BROKER_URL": broker_url}


def main() -> int:
    extra = sys.argv[1:]
    results = []
    with ExitStack() as started:
        chromium = servers.find_chromium(install=CI)
        database_url = servers.find_postgresql(started, install=CI)
        broker_url = servers.find_redis(started, install=CI)
        skipped = [] if chromium else ["browser tests (no /usr/bin/chromium)"]
        second = None
        if database_url and broker_url:
            output = started.enter_context(tempfile.TemporaryFile("w+"))
            again, urls = on_postgresql(database_url, broker_url)
            second = started.enter_context(pytest(*extra, *again, environment=urls, output=output))
        else:
            missing = [name for name, url in (("PostgreSQL", database_url), ("Redis", broker_url)) if not url]
            skipped.append(
                f"the database and worker tests on PostgreSQL with Redis (no {' and no '.join(missing)} found)"
            )
        folder = started.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-test-"))
        template = {"TEST_DATABASE_TEMPLATE": str(migrated_database(folder))}
        if chromium:
            # In one process: a page that waits for its turn on the processor looks like one that hangs.
            print("\n=== SQLite, file broker, in a browser", flush=True)
            with pytest(*extra or [BROWSER_TESTS], "-m", "browser", environment=template) as pages:
                results.append(pages.wait())
        print("\n=== SQLite, file broker", flush=True)
        with pytest(*parallel(), *extra, "-m", "not browser", environment=template) as first:
            results.append(first.wait())
        if second:
            print("\n=== PostgreSQL, Redis, at the same time", flush=True)
            results.append(second.wait())
            output.seek(0)
            print(output.read(), flush=True)
    if skipped:
        loud(
            f"SKIPPED: {'; '.join(skipped)}. Start them, or set TEST_DATABASE_URL and TEST_BROKER_URL, or run with CI=true."
        )
    return next((code for code in results if code not in (0, NO_TESTS)), 0)


if __name__ == "__main__":
    sys.exit(main())
