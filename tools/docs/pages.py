"""What becomes of the built pages: no script inside a page, as the site's policy wants it, and no link that leads nowhere."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from whitenoise.compress import Compressor

# The search draws itself with a style that its script carries as text; the site allows that one by its hash.
STYLE_TEXTS = [re.compile(rf"(?<==)(?={quote}([^{quote}\\]{{1000,}}){quote})") for quote in "\"'`"]
CODE = re.compile(r"=>|\bfunction\b|\breturn\b")
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
ADDRESS = "http://docs.invalid/docs/"
# What a browser fetches by itself; a link to another site is followed by people alone.
FETCHED = {"img", "link", "script", "source", "video", "audio", "iframe", "object", "embed"}
POLICY = "policy.json"
UNUSED = ("404.html", "sitemap.xml", "objects.inv")


@dataclass
class Page(HTMLParser):
    """One built page, read once.

    Attributes:
        ids: What links can lead to.
        links: Tag and address of everything it links to or fetches.
        faults: What the security policy would refuse.
    """

    ids: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src", "data") and value:
                self.links.append((tag, value))
            elif name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag} {name}=…> is refused by the security policy")
        if tag == "style":
            self.faults.append("<style> is refused by the security policy")


def finish(built: Path) -> list[str]:
    """Make the built pages fit for the site, and name what is wrong with them."""
    for name in UNUSED:
        (built / name).unlink(missing_ok=True)
    for path in _pages(built):
        _scripts_into_files(path, built)
    faults = [*_faults(built), *_allow_styles(built)]
    if not faults:
        compressor = Compressor(quiet=True, use_brotli=False)
        for path in built.rglob("*"):
            if path.is_file() and compressor.should_compress(path.name):
                compressor.compress(str(path))
    return faults


def _pages(built: Path) -> list[Path]:
    return sorted(built.rglob("*.html"))


def _scripts_into_files(page: Path, built: Path) -> None:
    def moved(match: re.Match[str]) -> str:
        name = f"assets/javascripts/{hashlib.sha256(match[1].encode()).hexdigest()[:16]}.js"
        (built / name).write_text(match[1], encoding="utf-8")
        return f'<script src="{os.path.relpath(built / name, page.parent)}"></script>'

    page.write_text(INLINE.sub(moved, page.read_text(encoding="utf-8")), encoding="utf-8")


def _allow_styles(built: Path) -> list[str]:
    """Note the hashes of styles that scripts add, for the security policy of the docs (evalsite/web/handbook.py)."""
    scripts = [script.read_text(encoding="utf-8") for script in built.glob("assets/javascripts/bundle.*.js")]
    texts = {text for script in scripts for form in STYLE_TEXTS for text in form.findall(script)}
    longest = {text for text in texts if text.count("{") == text.count("}") > 10 and not CODE.search(text)}
    # Quotes within a style cut pieces out of it.
    styles = [text for text in longest if not any(text in other for other in longest - {text})]
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    (built / POLICY).write_text(
        json.dumps({"style-src": [f"'sha256-{digest}'" for digest in hashes]}), encoding="utf-8"
    )
    wanted = (built / "search.json").exists()
    return ["the search's style is not found in its script"] if wanted and not styles else []


def _faults(built: Path) -> Iterator[str]:
    read = {}
    for path in _pages(built):
        read[path] = Page()
        read[path].feed(path.read_text(encoding="utf-8"))
    for path, page in read.items():
        here = path.relative_to(built).as_posix()
        broken = (_broken(tag, link, path, built, read) for tag, link in page.links)
        yield from sorted({f"{here}: {fault}" for fault in [*page.faults, *broken] if fault})


def _broken(tag: str, link: str, path: Path, built: Path, read: dict[Path, Page]) -> str:
    """Say why a link of a page leads nowhere; "" if it does not."""
    here = ADDRESS + path.relative_to(built).as_posix().removesuffix("index.html")
    address = urlsplit(urljoin(here, link))
    if link == "/":
        return ""  # back to the site
    if not address.geturl().startswith(ADDRESS):
        outside = address.scheme not in ("http", "https", "mailto") or address.netloc == urlsplit(ADDRESS).netloc
        if tag in FETCHED or outside:
            return f"{link} is not in the docs, and nothing is fetched from elsewhere"
        return ""
    target = built / unquote(address.geturl().partition("#")[0].partition("?")[0].removeprefix(ADDRESS))
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return f"{link} leads to no file"
    anchor = unquote(address.fragment)
    if anchor and not anchor.startswith("__") and target in read and anchor not in read[target].ids:
        return f"{link} leads to no anchor of its page"
    return ""
