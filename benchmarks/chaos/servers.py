"""Servers of our own for one combination: PostgreSQL, Redis, RabbitMQ, and a small disk; all gone at the end."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

DISK_BYTES = 768 << 20
PROGRAMS = Path("/usr/lib/postgresql")
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
QUEUES = ("generation", "metrics", "default")


class MissingError(RuntimeError):
    """A program that a combination needs is not installed; the message says which."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise MissingError(f"{what} was started and does not answer on port {port}.")


class Disk:
    """A folder on a small disk of its own, where this user may mount one; elsewhere an ordinary folder."""

    def __init__(self, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-chaos-")))
        self.folder.chmod(0o755)
        self._ballast = self.folder / "ballast"
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=755", "punchweight-chaos", str(self.folder)]
        self.is_small = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if self.is_small:
            stack.callback(subprocess.run, ["umount", "-l", str(self.folder)], check=False)

    def fill(self) -> None:
        """Take every free byte."""
        with self._ballast.open("wb") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), b"\0" * (1 << 20))
        with self._ballast.open("ab") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), b"\0" * 512)

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)


class PostgreSQL:
    """A cluster with its own port; it writes to disk as one in production does."""

    def __init__(self, stack: ExitStack, disk: Path) -> None:
        found = sorted(PROGRAMS.glob("*/bin/initdb"))
        if not found:
            raise MissingError("PostgreSQL is not installed (Debian: postgresql).")
        self._programs, self._folder, self._port = found[-1].parent, disk / "postgresql", free_port()
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder.mkdir()
        if self._user:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-U", "postgres", "-A", "trust")
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        self._start = ["-w", "-l", str(self._folder / "log"), "-o", f"{options} -c max_wal_size=128MB", "start"]
        stack.callback(self._run, "pg_ctl", "-m", "immediate", "stop", check=False)
        self._run("pg_ctl", *self._start)
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres", "chaos", data=False)
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/chaos"

    def _run(self, program: str, *words: str, check: bool = True, data: bool = True) -> None:
        where = ["-D", str(self._folder / "data")] if data else []
        command = [*self._user, str(self._programs / program), *where, *words]
        subprocess.run(command, check=check, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def restart(self, gone: float) -> None:
        """End it as a power cut does, and start it again after some seconds."""
        self._run("pg_ctl", "-m", "immediate", "stop", check=False)
        time.sleep(gone)
        self.start()

    def start(self) -> None:
        """Start it if it has ended, as on a disk that was full."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                return
        self._run("pg_ctl", *self._start)


class SQLite:
    """No server: in place of a restart another program keeps the file locked."""

    url = ""

    def __init__(self, file: Path) -> None:
        self._file = file

    def restart(self, gone: float) -> None:
        import sqlite3

        with suppress(sqlite3.OperationalError):
            connection = sqlite3.connect(self._file, timeout=30, isolation_level=None)
            try:
                connection.execute("BEGIN EXCLUSIVE")
                time.sleep(gone)
                connection.execute("ROLLBACK")
            finally:
                connection.close()

    def start(self) -> None:
        pass


@contextmanager
def _running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[None]:
    with log.open("ab") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | environment, start_new_session=True
        )
    try:
        wait_for_port(port, command[0])
        yield
    finally:
        # RabbitMQ's program is a script that starts the server: end all of them.
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(server.pid, number)
                server.wait(15)


class Redis:
    def __init__(self, stack: ExitStack, disk: Path) -> None:
        if not shutil.which("redis-server"):
            raise MissingError("Redis is not installed (Debian: redis-server).")
        self._port = free_port()
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(disk)]
        stack.enter_context(_running(command, self._port, disk / "redis.log"))
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def wipe(self) -> None:
        from redis import Redis as Client

        Client(port=self._port).flushall()


class RabbitMQ:
    def __init__(self, stack: ExitStack, disk: Path) -> None:
        if not RABBITMQ.exists():
            raise MissingError("RabbitMQ is not installed (Debian: rabbitmq-server).")
        port, folder = free_port(), Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-mq-")))
        (folder / "plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text("disk_free_limit.absolute = 1MB\n")
        own = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"chaos{os.getpid()}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        }
        stack.enter_context(_running([str(RABBITMQ)], port, disk / "rabbitmq.log", **own))
        self.url = f"amqp://guest:guest@127.0.0.1:{port}//"

    def wipe(self) -> None:
        from kombu import Connection

        with Connection(self.url, connect_timeout=5) as connection:
            for queue in QUEUES:
                connection.default_channel.queue_delete(queue)


class Files:
    """The embedded broker: messages are files of the data folder."""

    url = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wipe(self) -> None:
        for message in (self._folder / "queue").glob("*.msg"):
            message.unlink(missing_ok=True)
