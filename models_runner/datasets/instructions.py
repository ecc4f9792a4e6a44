"""What a system is asked for, by kind and language; three lengths as in Tiny Titans (arXiv 2402.00841)."""

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
    """The newest wordings: {kind: {language: text}}."""
    return yaml.safe_load(WORDINGS.read_text())


def sync_version(kind: str) -> int:
    """The version that holds the newest wordings of a kind; stored as a new one if they have changed."""
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
        # Two processes may find the same new wording at once.
        InstructionText.objects.bulk_create(rows, ignore_conflicts=True)
        return version


def texts_of(kind: str, version: int) -> dict[str, str]:
    """The stored wordings of one version by language; empty if there is no such version."""
    return dict(InstructionText.objects.filter(kind=kind, version=version).values_list("language", "text"))


def instruction_text(texts: dict[str, str], language: str, query: str = "") -> str:
    """One sentence in the document's language where we have it, else in English; a query takes the place of {query}."""
    text = texts.get(normalise_language(language), texts[FALLBACK])
    return text.replace("{query}", query)
