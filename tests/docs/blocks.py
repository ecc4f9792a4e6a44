"""Blocks of code in README.md, CONTRIBUTING.md and docs/, and what a page says about running them.

A comment right before a block says how the block is run; it is not in the built page:

    <!-- not run: why -->           nothing runs it
    <!-- with: SLUG=pilot; N=3 -->  these words are replaced first
    <!-- before: ... -->            lines that run before it, in its language
    <!-- saved as: NAME -->         a file of that name holds it, for blocks after it
    <!-- after: ... -->             shell lines that run after it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

from tools.docs.sources import ROOT, pages

COMMENT = re.compile(r"<!--\s*(not run|with|before|after|saved as):(.*?)-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str
    said: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runnable(self) -> str:
        """The text with the words replaced that the page names."""
        text = self.text
        for pair in filter(None, (pair.strip() for pair in self.said.get("with", "").split(";"))):
            word, _, value = pair.partition("=")
            text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lambda _, value=value: value, text)
        return text


def collect(root: Path = ROOT) -> list[Block]:
    return [block for page in pages(root) for block in blocks_of(page, root)]


def blocks_of(page: Path, root: Path = ROOT) -> Iterator[Block]:
    said: dict[str, str] = {}
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            # An indented block has no language, and so no one knows what it is.
            language = token.info.strip() if token.type == "fence" else "none"
            yield Block(page.relative_to(root).as_posix(), token.map[0] + 1, language, token.content, said)
        if token.type == "html_block" and COMMENT.search(token.content):
            said = said | {name: text.strip() for name, text in COMMENT.findall(token.content)}
        else:
            said = {}
