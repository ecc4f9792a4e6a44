"""Make the files in tests/migration/ anew: see README.md beside this.

    python -m tools.filled.record filled --tree FOLDER [--postgresql URL]
    python -m tools.filled.record outputs [--tree FOLDER] [--postgresql URL] [NAME…]

`filled` fills both databases with the code in FOLDER, a checkout of the earlier commit, and writes what it shows.
`outputs` takes what the code in FOLDER shows for right, the present code if none is named: of these outputs only (a
name, or how names begin), or of all.
"""

import argparse
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.filled import restore
from tools.filled.restore import BOTH, MANIFEST, OUTPUTS, POSTGRESQL, SQLITE

HERE = Path(__file__).parents[2]
USUAL = f"postgresql://postgres@127.0.0.1:5432/filled_{os.getpid()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["filled", "outputs"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tree", type=Path, help="A checkout of a commit; to fill, of the earlier one.")
    parser.add_argument("--postgresql", default=USUAL, help="A database that may be dropped and made anew.")
    given = parser.parse_intermixed_args()
    if given.what == "filled":
        if given.tree is None or given.names:
            parser.error("filled needs --tree, and takes no names.")
        fill(given.tree.resolve(), given.postgresql)
        accept(given.tree.resolve(), given.postgresql, [])
    else:
        accept((given.tree or HERE).resolve(), given.postgresql, given.names)


def run(tree: Path, module: str, url: str, data_dir: Path, *arguments: object) -> None:
    """One of our modules with the code of a tree, which comes before ours: it is the folder the process starts in."""
    command = [sys.executable, "-m", f"tools.filled.{module}", *map(str, arguments)]
    environment = restore.environment(url, data_dir) | {"PYTHONPATH": str(HERE)}
    subprocess.run(command, cwd=tree, env=environment, check=True)


# ---- the filled database


def fill(tree: Path, postgresql: str) -> None:
    manifests, files = [], []
    with tempfile.TemporaryDirectory(prefix="filled-") as temporary:
        for engine in (SQLITE, POSTGRESQL):
            data_dir = Path(temporary) / engine
            data_dir.mkdir()
            url = f"sqlite:///{data_dir / 'db.sqlite3'}" if engine == SQLITE else postgresql
            if engine == POSTGRESQL:
                restore.new_postgresql(url)
            run(tree, "fill", url, data_dir, data_dir / "manifest.json")
            manifests.append(json.loads((data_dir / "manifest.json").read_text()))
            files.append(written(data_dir))
            script = dumped_sqlite(data_dir / "db.sqlite3") if engine == SQLITE else dumped_postgresql(url)
            restore.dump_of(engine).write_bytes(lzma.compress(script.encode(), preset=9 | lzma.PRESET_EXTREME))
    restore.drop_postgresql(postgresql)
    if manifests[0] != manifests[1]:
        raise SystemExit("The two engines were not filled alike: something in it is random, or reads the clock.")
    MANIFEST.write_text(json.dumps(manifests[0], indent=1, sort_keys=True) + "\n")
    restore.pack(restore.FILES, told_apart(*files))


def written(data_dir: Path) -> dict[str, bytes]:
    """The files of releases and exports."""
    kinds = ("releases", "exports")
    return {
        f"{kind}/{name}": content for kind in kinds for name, content in restore.contents_of(data_dir / kind).items()
    }


def told_apart(sqlite: dict[str, bytes], postgresql: dict[str, bytes]) -> dict[str, bytes]:
    """Those that are the same once. Keys of transcripts come in another order from jsonb, and digests follow."""
    if sqlite.keys() != postgresql.keys():
        raise SystemExit("The two engines wrote other files.")
    both = {name for name, content in sqlite.items() if postgresql[name] == content}
    packed = {f"{BOTH}/{name}": sqlite[name] for name in both}
    for engine, files in ((SQLITE, sqlite), (POSTGRESQL, postgresql)):
        packed |= {f"{engine}/{name}": content for name, content in files.items() if name not in both}
    return packed


def dumped_sqlite(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return "\n".join(["PRAGMA foreign_keys=OFF;", *connection.iterdump(), ""])
    finally:
        connection.close()


def dumped_postgresql(url: str) -> str:
    """Plain SQL. Lines with a backslash are for psql alone, and nothing in a dump of INSERTs needs them."""
    options = ["--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=200"]
    dump = subprocess.run(["pg_dump", *options, url], check=True, capture_output=True, text=True).stdout
    lines = dump.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))


# ---- what it shows


def accept(tree: Path, postgresql: str, names: Sequence[str]) -> None:
    """Store outputs once where the engines agree, and beside that those that are others on PostgreSQL."""
    shown = {engine: outputs(tree, engine, postgresql) for engine in (SQLITE, POSTGRESQL)}
    if names:
        shown = {engine: _changed(engine, contents, names) for engine, contents in shown.items()}
    usual = shown[SQLITE]
    restore.pack(OUTPUTS, usual)
    own = {name: content for name, content in shown[POSTGRESQL].items() if usual.get(name) != content}
    print(f"{len(usual)} outputs; others on PostgreSQL: {', '.join(own) or 'none'}.")
    if usual.keys() - shown[POSTGRESQL].keys():
        raise SystemExit("PostgreSQL lacks outputs that SQLite has.")
    path = restore.other_outputs(POSTGRESQL)
    if own:
        restore.pack(path, own)
    else:
        path.unlink(missing_ok=True)


def expected(engine: str) -> dict[str, bytes]:
    """The outputs that are stored for this engine."""
    own = restore.other_outputs(engine)
    return restore.unpacked(OUTPUTS) | (restore.unpacked(own) if own.exists() else {})


def _changed(engine: str, contents: dict[str, bytes], names: Sequence[str]) -> dict[str, bytes]:
    recorded = expected(engine)
    meant = {name for name in recorded.keys() | contents.keys() if name.startswith(tuple(names))}
    kept = {name: content for name, content in recorded.items() if name not in meant}
    return kept | {name: content for name, content in contents.items() if name in meant}


def outputs(tree: Path, engine: str, postgresql: str) -> dict[str, bytes]:
    """Of the stored database, migrated to the code of the tree."""
    with tempfile.TemporaryDirectory(prefix="filled-") as temporary:
        data_dir, into = Path(temporary) / "data", Path(temporary) / "outputs"
        data_dir.mkdir()
        url = f"sqlite:///{data_dir / 'db.sqlite3'}" if engine == SQLITE else postgresql
        if engine == POSTGRESQL:
            restore.new_postgresql(url)
        try:
            restore.restore(url, data_dir)
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=tree, env=restore.environment(url, data_dir), check=True)
            run(tree, "outputs", url, data_dir, MANIFEST, into)
            return restore.contents_of(into)
        finally:
            if engine == POSTGRESQL:
                restore.drop_postgresql(url)


if __name__ == "__main__":
    main()
