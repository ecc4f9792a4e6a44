"""Build the docs into build/docs: python -m tools.docs [--if-changed]."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.docs import BUILT, ROOT, WORK, DocsError, sources

STAMP = "built.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--if-changed", action="store_true", help="do nothing if what is built is of these sources")
    asked = parser.parse_args()
    stamp = BUILT / STAMP
    now = sources.fingerprint()
    if asked.if_changed and stamp.is_file() and stamp.read_text() == now:
        return 0
    try:
        build(now)
    except DocsError as error:
        print(f"The docs cannot be built:\n{error}", file=sys.stderr)
        return 1
    if not asked.if_changed:
        print(f"The docs are in {BUILT.relative_to(ROOT)}; the site shows them at /docs/.")
    return 0


def build(stamp: str, built: Path = BUILT) -> None:
    """Build the docs beside the place where they are served from, and put them there when they are whole.

    Raises:
        DocsError: The builder is not installed, a link leads nowhere, or a page is not listed.
    """
    if find_spec("zensical") is None:
        raise DocsError(["The builder is not installed: make docs installs it (requirements-docs.txt, 95 MB)."])
    from tools.docs.pages import finish

    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as made:
        folder = Path(made)
        sources.lay_out(folder / "docs")
        shutil.copyfile(ROOT / "zensical.toml", folder / "zensical.toml")
        if unlisted := list(_not_in_nav(folder)):
            raise DocsError(unlisted)
        _run_builder(folder)
        if faults := finish(folder / "site"):
            raise DocsError(faults)
        (folder / "site" / STAMP).write_text(stamp)
        _put(folder / "site", built, folder / "old")


def _not_in_nav(folder: Path) -> Iterator[str]:
    nav = set(_listed(tomllib.loads((folder / "zensical.toml").read_text())["project"]["nav"]))
    pages = {path.relative_to(folder / "docs").as_posix() for path in (folder / "docs").rglob("*.md")}
    yield from (
        f"{page} is not listed; expected a line for it under nav in zensical.toml" for page in sorted(pages - nav)
    )
    yield from (
        f"{page} is listed under nav in zensical.toml, and there is no such page" for page in sorted(nav - pages)
    )


def _listed(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield from () if nav == "/" else (nav,)
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _listed(part)


def _run_builder(folder: Path) -> None:
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DocsError([done.stdout.strip() or done.stderr.strip()])


def _put(new: Path, place: Path, old: Path) -> None:
    """Within a moment, so that whoever reads the docs meanwhile finds the old or the new ones."""
    if place.exists():
        place.rename(old)
    new.rename(place)


if __name__ == "__main__":
    sys.exit(main())
