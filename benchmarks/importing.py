"""Measure how fast meetings are imported and how much memory that takes, on SQLite and PostgreSQL.

    python -m benchmarks.importing [--documents 20000] [--words 1500] [--formats jsonl,parquet,vtt] [--only sqlite]
                                   [--json FILE]

SQLite is in a temporary folder; PostgreSQL is measured as well if DATABASE_URL names a server, in a database of its own
that is dropped afterwards. Each import runs in a process of its own. docs/benchmarks.md says how to read the output.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tabulate import tabulate

DATABASE = "punchweight_bench_import"
MEGABYTE = 1_000_000
SPEAKERS = ("Maya Chen", "Li Wei", "Jean-Luc de Vries", "Ana Costa", "Omar Haddad")
# Words of meetings, most of them short: 1,500 are some 8,500 characters.
WORDS = (  # noqa: SIM905
    "the we a to and of in is for that it on with this at be have from release budget laptop friday customer installer "
    "test plan meeting date risk team ship need think agree question number report next week after before still open"
).split()
TURN_WORDS = 15
ALL = ("jsonl", "parquet", "vtt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=1_500, help="A document.")
    parser.add_argument("--formats", default=",".join(ALL))
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one or options.read:
        print(json.dumps(_measure(options.one) if options.one else _read_alone(options.read)))
        return
    rows = _compare(options)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def _compare(options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.formats.split(","):
            path = _write(Path(folder), kind, options.documents, options.words)
            size = sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))
            reading = _in_own_process("--read", path, {"DATA_DIR": folder})
            for database, environment in _databases(folder, options.only):
                row = {"format": kind, "file MB": round(size / MEGABYTE), "database": database}
                rows.append(row | {"reading alone (s)": reading["seconds"]} | _import(path, environment))
                print(rows[-1], file=sys.stderr)
    print(f"{options.documents:,} documents of {options.words:,} words")
    print(tabulate(rows, headers="keys"))
    return rows


def _databases(folder: str, only: str | None) -> Iterator[tuple[str, dict[str, str]]]:
    url = os.environ.get("DATABASE_URL", "")
    if only != "postgresql":
        with tempfile.TemporaryDirectory(dir=folder) as own:
            yield "SQLite", {"DATA_DIR": own, "DATABASE_URL": ""}
    if url and only != "sqlite":
        _sql(url, f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
        try:
            own = urlunsplit(urlsplit(url)._replace(path=f"/{DATABASE}"))
            yield "PostgreSQL", {"DATA_DIR": folder, "DATABASE_URL": own}
        finally:
            _sql(url, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _sql(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _import(path: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Import into an empty database, and again into the full one, where nothing is new."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=_environment(environment))
    first = _in_own_process("--one", path, environment)
    again = _in_own_process("--one", path, environment)
    return {
        "seconds": first["seconds"],
        "documents/s": round(first["documents"] / first["seconds"]),
        "peak MB": first["peak"],
        "again (s)": again["seconds"],
        "again, peak MB": again["peak"],
    }


def _environment(changes: dict[str, str]) -> dict[str, str]:
    environment = os.environ | changes
    return {name: value for name, value in environment.items() if value or name not in changes}


def _in_own_process(option: str, path: Path, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.importing", option, str(path)]
    result = subprocess.run(command, check=True, env=_environment(environment), stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1])


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    import django

    django.setup()


def _measure(path: Path) -> dict[str, Any]:
    _set_up()
    from models_runner.importing.documents import import_path

    before = time.perf_counter()
    result = import_path("bench", path)
    seconds = round(time.perf_counter() - before, 1)
    return {"seconds": seconds, "documents": result.added or result.unchanged, "peak": _peak()}


def _read_alone(path: Path) -> dict[str, Any]:
    _set_up()
    from models_runner.importing.preview import outcomes_of, units_of
    from models_runner.importing.reading import ReadOptions

    before = time.perf_counter()
    units, _ = units_of(path, ReadOptions())
    count = sum(1 for unit in units for _ in outcomes_of(unit))
    return {"seconds": round(time.perf_counter() - before, 1), "outcomes": count, "peak": _peak()}


def _peak() -> int:
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE)


# ---- the meetings


def _turns(dice: random.Random, words: int) -> Iterator[tuple[str, str]]:
    for start in range(0, words, TURN_WORDS):
        said = " ".join(dice.choices(WORDS, k=min(TURN_WORDS, words - start)))
        yield SPEAKERS[start // TURN_WORDS % len(SPEAKERS)], f"{said.capitalize()}."


def _write(folder: Path, kind: str, documents: int, words: int) -> Path:
    dice = random.Random(20_260_105)
    if kind == "vtt":
        return _write_captions(folder / "vtt", dice, documents, words)
    rows = (
        {
            "id": f"meeting-{number}",
            "transcript": "\n".join(f"{speaker}: {said}" for speaker, said in _turns(dice, words)),
            "reference": "The team ships on Friday.",
        }
        for number in range(documents)
    )
    if kind == "parquet":
        return _write_parquet(folder / "meetings.parquet", list(rows))
    path = folder / "meetings.jsonl"
    with path.open("w") as file:
        for row in rows:
            record = {"id": row["id"], "transcript": row["transcript"], "references": [row["reference"]]}
            file.write(json.dumps(record) + "\n")
    return path


def _write_parquet(path: Path, rows: list[dict[str, str]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def _write_captions(folder: Path, dice: random.Random, documents: int, words: int) -> Path:
    folder.mkdir()
    for number in range(documents):
        cues = [
            f"{_time(10 * n)} --> {_time(10 * n + 9)}\n<v {speaker}>{said}"
            for n, (speaker, said) in enumerate(_turns(dice, words))
        ]
        (folder / f"meeting-{number}.vtt").write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n")
    return folder


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000"


if __name__ == "__main__":
    main()
