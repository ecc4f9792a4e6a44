"""Word the instructions by kind and language; the three lengths are those of Tiny Titans (arXiv 2402.00841)."""

from functools import cache
from pathlib import Path

import yaml
from django.db import transaction

from lib.language import normalise_language
from models_runner.models import InstructionText

WORDINGS = Path(__file__).with_name("instructions.yaml")
FALLBACK = "en"


@cache
def wordings() -> dict[str, dict[str, str]]:
    """Return the newest wordings: {kind: {language: text}}."""
    return yaml.safe_load(WORDINGS.read_text())


def sync_version(kind: str) -> int:
    """Return the version with the newest wordings of a kind; if they have changed, store them as a new version."""
    with transaction.atomic():
        newest = (
            InstructionText.objects.filter(kind=kind).order_by("-version").values_list("version", flat=True).first()
        )
        if newest and texts_of(kind, newest) == wordings()[kind]:
            return newest
        version = (newest or 0) + 1
        rows = [
            InstructionText(kind=kind, language=language, version=version, text=text)
            for language, text in wordings()[kind].items()
        ]
        # Two processes may store the same new wording at the same time.
        InstructionText.objects.bulk_create(rows, ignore_conflicts=True)
        return version


@transaction.atomic
def version_of(kind: str, texts: dict[str, str]) -> int:
    """Return the newest version with exactly these words; store them as a new version if there is none."""
    numbers = InstructionText.objects.filter(kind=kind).order_by("-version").values_list("version", flat=True)
    versions = list(numbers.distinct())
    for version in versions:
        if texts_of(kind, version) == texts:
            return version
    version = (versions[0] if versions else 0) + 1
    InstructionText.objects.bulk_create(
        InstructionText(kind=kind, language=language, version=version, text=text) for language, text in texts.items()
    )
    return version


def texts_of(kind: str, version: int) -> dict[str, str]:
    """Return the stored wordings of one version by language; empty if there is no such version."""
    return dict(InstructionText.objects.filter(kind=kind, version=version).values_list("language", "text"))


def instruction_text(texts: dict[str, str], language: str, query: str = "") -> str:
    """Return the instruction in the document's language, or in English if there is none; the query replaces {query}."""
    text = texts.get(normalise_language(language), texts[FALLBACK])
    return text.replace("{query}", query)
