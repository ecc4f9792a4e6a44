"""The pages as the builder reads them: docs/ with the project's own pages beside it, and links that fit.

Sources are written for a code host: a page in docs/ links to ../CONTRIBUTING.md, and to files that are no pages. In the
built site CONTRIBUTING.md stands beside the others, and what is no page of it is text without a link.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from tools.docs import ROOT, DocsError

# Where a page outside docs/ stands among them; README.md is for the code host, and the docs have their own first page.
PROJECT_PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
HOMES = {"README.md": "index.md"} | {name: name for name in PROJECT_PAGES}
EXTRA = {"evalsite/static/evalsite/icon.svg": "icon.svg", "tools/docs/theme.css": "theme.css"}
INPUTS = ("docs", "tools/docs", "zensical.toml", "requirements-docs.txt", *HOMES, *EXTRA)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$")
COMMENT = re.compile(r"^<!--.*?-->\n", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^\s*(```|~~~)")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
ELSEWHERE = re.compile(r"[a-z]+:", re.IGNORECASE)


def fingerprint(root: Path = ROOT) -> str:
    """Changes with whatever the built site is made from."""
    digest = hashlib.sha256()
    for path in sorted(_inputs(root)):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = root / name
        paths = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in paths if file.is_file() and file.suffix != ".pyc")


def place(source: str) -> str | None:
    """Where a file of the project stands in the docs; None if it is no part of them."""
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    return HOMES.get(source)


def lay_out(target: Path, root: Path = ROOT) -> None:
    """Copy everything that the builder needs, with links as they are in the built site.

    Raises:
        DocsError: Links lead to files that are not there.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "docs", target)
    for source, name in EXTRA.items():
        shutil.copyfile(root / source, target / name)
    faults: list[str] = []
    for page in pages(root):
        source = page.relative_to(root).as_posix()
        # What comments say is about the blocks below them, for tests/docs/blocks.py.
        text = _with_links(page.read_text(encoding="utf-8"), source, root, faults)
        if source != "README.md":
            (target / str(place(source))).write_text(COMMENT.sub("", text), encoding="utf-8")
    if faults:
        raise DocsError(faults)


def pages(root: Path = ROOT) -> list[Path]:
    """Every page whose links and blocks are checked: README.md too."""
    return [root / name for name in HOMES] + sorted((root / "docs").rglob("*.md"))


def prose(text: str) -> Iterator[tuple[int, str, bool]]:
    """Lines with their numbers, and whether they are outside blocks of code."""
    open_fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        fence = FENCE.match(line)
        outside = not open_fence and not fence
        if fence and (not open_fence or fence[1] == open_fence):
            open_fence = "" if open_fence else fence[1]
        yield number, line, outside


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as the builder names them."""
    from markdown.extensions.toc import slugify  # of the builder, which may not be installed

    headings = (HEADING.match(line) for _, line, outside in prose(page.read_text(encoding="utf-8")) if outside)
    return {slugify(heading[1], "-") for heading in headings if heading}


def _with_links(text: str, source: str, root: Path, faults: list[str]) -> str:
    lines = []
    for number, line, outside in prose(text):
        told: list[str] = []
        lines.append(_fit(line, source, root, told) if outside else line)
        faults.extend(f"{source}:{number}: {fault}" for fault in told)
    return "\n".join(lines) + "\n"


def _fit(line: str, source: str, root: Path, faults: list[str]) -> str:
    code = [match.span() for match in CODE.finditer(line)]

    def fitted(match: re.Match[str]) -> str:
        image, label, link = match.groups()
        inside_code = any(start <= match.start() and match.end() <= end for start, end in code)
        if inside_code or link.startswith("#") or ELSEWHERE.match(link):
            return match[0]
        path, _, anchor = link.partition("#")
        target = os.path.normpath(PurePosixPath(source).parent / unquote(path))
        if not (root / target).is_file():
            faults.append(f"links to {link}, and there is no file {target}")
        elif anchor and anchor not in anchors(root / target):
            faults.append(f"links to {link}, and no heading of {target} has that anchor")
        to = place(target)
        if to is None:
            return label
        here = PurePosixPath(place(source) or source).parent
        return f"{image}[{label}]({os.path.relpath(to, here)}{'#' if anchor else ''}{anchor})"

    return LINK.sub(fitted, line)
