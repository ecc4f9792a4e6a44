"""Finding, and in continuous integration installing and starting, the servers that tests talk to."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
# The same engine without the windows and services of a whole browser, as Playwright's own download is: a test takes
# a third of the processor time of Chromium's processes.
HEADLESS_SHELL = Path("/usr/bin/chromium-headless-shell")


def find_chromium(*, install: bool) -> Path | None:
    """Return the program that shows pages to tests, the headless shell where it is installed."""
    if install and not HEADLESS_SHELL.exists():
        try:
            apt_install("chromium-headless-shell", "fonts-noto-cjk")
        except subprocess.CalledProcessError:
            if not CHROMIUM.exists():
                raise
    return next((program for program in (HEADLESS_SHELL, CHROMIUM) if program.exists()), None)


def find_postgresql(stack: ExitStack, *, install: bool) -> str:
    """The URL of a server tests may create databases on; "" if there is none."""
    name = f"punchweight_{os.getpid()}"
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    usual = f"postgres://postgres@127.0.0.1:5432/{name}"
    if _answers_sql(usual):
        return usual
    if not install:
        return ""
    if not (_postgresql_programs()):
        apt_install("postgresql")
    return _start_postgresql(stack, name)


def find_redis(stack: ExitStack, *, install: bool) -> str:
    if given := os.environ.get("TEST_BROKER_URL"):
        return given
    if _answers_tcp(6379):
        return "redis://127.0.0.1:6379/15"
    if not install:
        return ""
    if not shutil.which("redis-server"):
        apt_install("redis-server")
    return _start_redis(stack)


def find_nginx(*, install: bool) -> str | None:
    """Return the program, which is where the paths of other users than root seldom lead."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None and install:
        apt_install("nginx-light")
        return find_nginx(install=False)
    return found


@cache
def _apt_update() -> None:
    subprocess.run([*_as_root(), "apt-get", "update", "-q"], check=True)


def apt_install(*packages: str) -> None:
    _apt_update()
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*_as_root(), "apt-get", "install", "-y", "-q", *packages], check=True, env=env)


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _answers_tcp(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers_sql(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url.rpartition("/")[0] + "/postgres", connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_programs() -> Path | None:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return programs[-1].parent if programs else None


def _start_postgresql(stack: ExitStack, name: str) -> str:
    """A cluster of our own in a temporary folder, trusting this machine, gone when the tests end."""
    programs = _postgresql_programs()
    if programs is None:
        raise SystemExit("PostgreSQL was installed but its programs are not under /usr/lib/postgresql.")
    folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-pg-"))), _free_port()
    # PostgreSQL refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    subprocess.run(
        [*user, str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust"], check=True, cwd=folder
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*user, str(programs / "pg_ctl"), "-D", data, "-w"]
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, cwd=folder)
    stack.callback(subprocess.run, [*control, "-m", "immediate", "stop"], check=False, cwd=folder)
    return f"postgres://postgres@127.0.0.1:{port}/{name}"


def _start_redis(stack: ExitStack) -> str:
    port = _free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    )
    stack.callback(server.terminate)
    for _ in range(100):
        if _answers_tcp(port):
            return f"redis://127.0.0.1:{port}/0"
        time.sleep(0.1)
    raise SystemExit("redis-server was started but does not answer.")
