"""Builds the docs as a site: make docs (CONTRIBUTING.md). The running site serves what was built and needs none of this."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "docs"  # evalsite/settings/site.py names it as well
WORK = ROOT / "build" / "docs-work"


class DocsError(RuntimeError):
    """The docs cannot be built; the message has a line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
