"""The filled database as it was stored, put back: rows, files, and the environment of a process that works on it."""

import io
import lzma
import os
import sqlite3
import tarfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tools.filled.still import SECRET_KEY

STORED = Path(__file__).parents[2] / "tests" / "migration"
MANIFEST = STORED / "manifest.json"
FILES = STORED / "files.tar.xz"
OUTPUTS = STORED / "outputs.tar.xz"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
# The folder in FILES of those that are the same on both.
BOTH = "both"
# What somebody's own environment may not bring into a comparison.
OWN = ("DATA_DIR", "DATABASE_URL", "SECRET_KEY", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "DEBUG", "HSTS_SECONDS")


def dump_of(engine: str) -> Path:
    return STORED / f"filled.{engine}.sql.xz"


def other_outputs(engine: str) -> Path:
    """Outputs that are others on this engine than in OUTPUTS."""
    return STORED / f"outputs-{engine}.tar.xz"


def engine_of(url: str) -> str:
    return SQLITE if url.startswith("sqlite:") else POSTGRESQL


def restore(url: str, data_dir: Path) -> None:
    """Into an empty database and folder."""
    script = lzma.decompress(dump_of(engine_of(url)).read_bytes()).decode()
    if engine_of(url) == SQLITE:
        connection = sqlite3.connect(urlsplit(url).path.removeprefix("/"))
        connection.executescript(script)
        connection.close()
    else:
        import psycopg

        with psycopg.connect(url, autocommit=True) as postgresql:
            postgresql.execute(script.encode())
    for name, content in unpacked(FILES).items():
        whose, _, place = name.partition("/")
        if whose in (BOTH, engine_of(url)):
            (data_dir / place).parent.mkdir(parents=True, exist_ok=True)
            (data_dir / place).write_bytes(content)


def new_postgresql(url: str) -> None:
    """An empty database under this address, whatever was there."""
    drop_postgresql(url)
    _administer(url, "CREATE DATABASE {}")


def drop_postgresql(url: str) -> None:
    _administer(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    import psycopg
    from psycopg import sql

    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def environment(url: str, data_dir: Path) -> dict[str, str]:
    """Of a process that works on the restored database; one thread, so that sums are added up in one order."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    address = {"PORT": "8000", "SITE_URL": "http://127.0.0.1:8000", "TIME_ZONE": "UTC"}
    own = {"DATA_DIR": str(data_dir), "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "CRITICAL"}
    return kept | threads | address | own


# ---- archives


def pack(target: Path, contents: Mapping[str, bytes]) -> None:
    """The same contents, the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    target.write_bytes(lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def unpacked(source: Path) -> dict[str, bytes]:
    contents = {}
    with tarfile.open(source) as archive:
        for entry in archive:
            if (file := archive.extractfile(entry)) is not None:
                contents[entry.name] = file.read()
    return contents


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
