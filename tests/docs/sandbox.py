"""A site of its own for the blocks of the docs: a data folder, a worker, a web server, and a folder to run in."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import Block
from tests.docs.forkserver import ROOT
from tools.run_tests import migrated_database

HERE = Path(__file__).parent
LONGEST = 120
# Without metrics, which would load the weights of BERTScore.
QUEUES = "generation,default"
# A command of a page that says python gets the fork server for manage.py, and this Python for all else.
PYTHON = """#!/bin/bash
case "$1" in
  manage.py | *.block.py) exec {python} -I -S {here}/asking.py {socket} "$@" ;;
  *) exec {python} "$@" ;;
esac
"""


@dataclass
class Site:
    """Where blocks run.

    Attributes:
        folder: The project as it looks from its root, with room for a page's own files.
        environment: Of every command.
        port: Of the web server.
        running: Processes that end with the site.
    """

    folder: Path
    environment: dict[str, str]
    port: int
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def run(self, block: Block) -> None:
        """Run a block as its page says.

        Raises:
            AssertionError: It failed; the message has the block's place and what it wrote.
        """
        here = block.runnable.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        before = block.said.get("before", "").replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        if name := block.said.get("saved as"):
            (self.folder / name).write_text(here, encoding="utf-8")
        if block.language == "sh":
            self._shell(block, f"{before}\n{here}")
        elif block.language == "python":
            (self.folder / "page.block.py").write_text(f"{before}\n{here}", encoding="utf-8")
            self._shell(block, "python page.block.py")
        self._shell(block, block.said.get("after", ""))

    def _shell(self, block: Block, script: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LONGEST, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (
            f"{block} ended with status {done.returncode}:\n{script}\n{done.stdout}\n{done.stderr}"
        )

    def start(self, *arguments: str) -> None:
        asking = [sys.executable, "-I", "-S", str(HERE / "asking.py"), self.environment["FORK_SERVER"], *arguments]
        with (self.folder / "site.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    asking, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            )


@contextmanager
def sandbox(place: Path) -> Iterator[Site]:
    folder, data = place / "project", place / "data"
    data.mkdir()
    _database(data)
    at = place / "fork.socket"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")
    }
    environment |= {
        "DATA_DIR": str(data), "FORK_SERVER": str(at), "PATH": f"{folder}/.venv/bin:{os.environ['PATH']}",
        "SWEEP_SECONDS": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}",
    }  # fmt: skip
    _project(folder, at)
    server = subprocess.Popen([sys.executable, "-m", "tests.docs.forkserver", str(at)], cwd=ROOT, env=environment)
    try:
        _wait(at, server)
        site = Site(folder, environment, _free_port())
        site.start("web", str(site.port))
        site.start("worker", QUEUES)
        _wait_for_web(site.port, server)
        environment["TOKEN"] = _token(site)
        yield site
    finally:
        server.terminate()  # whatever it forked ends with it
        server.wait()


def _database(data: Path) -> None:
    template = os.environ.get("TEST_DATABASE_TEMPLATE")
    if template:
        shutil.copyfile(template, data / "db.sqlite3")
    else:
        migrated_database(str(data))


def _project(folder: Path, socket_at: Path) -> None:
    """Links to the project's files, and a python that knows the fork server."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", "build", "var"):
            (folder / path.name).symlink_to(path)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(PYTHON.format(python=sys.executable, here=HERE, socket=socket_at))
    python.chmod(0o755)


def _token(site: Site) -> str:
    environment = site.environment | {"DJANGO_SUPERUSER_PASSWORD": "for-the-docs-only"}
    made = "python manage.py createsuperuser --noinput --username admin --email a@example.org >/dev/null\n"
    script = made + "python manage.py make_token admin --name docs --scope admin"
    done = subprocess.run(
        ["bash", "-euc", script], cwd=site.folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(there: Path, server: "subprocess.Popen[bytes]") -> None:
    _until(there.exists, server)


def _wait_for_web(port: int, server: "subprocess.Popen[bytes]") -> None:
    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    _until(answers, server)


def _until(there: Callable[[], bool], server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + LONGEST
    while not there():
        assert server.poll() is None and time.monotonic() < end, "the site of the docs did not start"
        time.sleep(0.05)
