"""Check that everything that names the version agrees with pyproject.toml: a part of `make check`.

A release is a change of the version in pyproject.toml and client/pyproject.toml, of "Unreleased" in CHANGELOG.md to that
version, and a tag vX.Y.Z on that commit.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNRELEASED = "Unreleased"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
RELEASE_TAG = re.compile(r"v?\d+(\.\d+)+.*")


def project_version(project: Path) -> str:
    """The version in a project's pyproject.toml."""
    return str(tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"])


def disagreements(root: Path, tags: Iterable[str]) -> list[str]:
    """One sentence for each thing that names another version than pyproject.toml.

    Args:
        root: The project's folder.
        tags: Tags on the commit that is checked out; those that name no release are ignored.
    """
    version = project_version(root)
    expected = f"expected {version}, the version in pyproject.toml"
    headings = HEADING.findall((root / "CHANGELOG.md").read_text())
    newest = next((heading for heading in headings if heading != UNRELEASED), "none")
    client = project_version(root / "client")
    release_tags = [tag for tag in tags if RELEASE_TAG.fullmatch(tag)]
    wrong = [f"The tag on this commit is {tag}; expected v{version}." for tag in release_tags if tag != f"v{version}"]
    if newest != version:
        wrong.append(f"The newest release in CHANGELOG.md is {newest}; {expected}.")
    if client != version:
        wrong.append(f"The version in client/pyproject.toml is {client}; {expected}.")
    if release_tags and UNRELEASED in headings:
        wrong.append(f"CHANGELOG.md has unreleased changes, but this commit is tagged {release_tags[0]}.")
    return wrong


def tags_on_head(root: Path) -> list[str]:
    """Empty also where there is no git, as in a downloaded copy."""
    try:
        command = ["git", "-C", str(root), "tag", "--points-at", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def main() -> int:
    wrong = disagreements(ROOT, tags_on_head(ROOT))
    print("\n".join(wrong) or f"Everything names version {project_version(ROOT)}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
