"""Every test: on SQLite with the file broker, then those that reach the database again on PostgreSQL with Redis.

Servers are found at their usual addresses or given by TEST_DATABASE_URL and TEST_BROKER_URL. With CI=true nothing is
skipped: PostgreSQL, Redis and Chromium are installed from Debian's packages and started where they are missing.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack

from tests import servers

CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def pytest(*arguments: str, **environment: str) -> int:
    with tempfile.TemporaryDirectory(prefix="punchweight-test-") as data_dir:
        env = (
            os.environ | {"DATA_DIR": data_dir, "OMP_NUM_THREADS": "2", "TOKENIZERS_PARALLELISM": "false"} | environment
        )
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=env, check=False).returncode


def loud(text: str) -> None:
    print(f"\n!!! {text}\n", flush=True)


def main() -> int:
    extra = sys.argv[1:]
    with ExitStack() as started:
        chromium = servers.find_chromium(install=CI)
        database_url = servers.find_postgresql(started, install=CI)
        broker_url = servers.find_redis(started, install=CI)
        skipped = [] if chromium else ["browser tests (no /usr/bin/chromium)"]
        print("\n=== SQLite, file broker", flush=True)
        results = [pytest(*extra, *([] if chromium else ["-m", "not browser"]))]
        if database_url and broker_url:
            print("\n=== PostgreSQL, Redis", flush=True)
            again = ["-m", "database and not browser and not weights"]
            results.append(pytest(*extra, *again, DATABASE_URL=database_url, CELERY_BROKER_URL=broker_url))
        else:
            missing = [name for name, url in (("PostgreSQL", database_url), ("Redis", broker_url)) if not url]
            skipped.append(
                f"the database and worker tests on PostgreSQL with Redis (no {' and no '.join(missing)} found)"
            )
    if skipped:
        loud(
            f"SKIPPED: {'; '.join(skipped)}. Start them, or set TEST_DATABASE_URL and TEST_BROKER_URL, or run with CI=true."
        )
    return next((code for code in results if code), 0)


if __name__ == "__main__":
    sys.exit(main())
