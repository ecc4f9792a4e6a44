"""Systems by name: those in the database, and those in catalog.yaml, which enter it when first named."""

from functools import cache
from pathlib import Path

import yaml

from models_runner.models import System

CATALOG = Path(__file__).with_name("catalog.yaml")


class UnknownSystemError(LookupError):
    def __init__(self, slug: str) -> None:
        known = sorted({*entries(), *System.objects.values_list("slug", flat=True)})
        super().__init__(f"There is no system {slug!r}. Known systems: {', '.join(known)}.")


@cache
def entries() -> dict[str, dict[str, object]]:
    """The catalogue's records by slug."""
    return yaml.safe_load(CATALOG.read_text())


def ensure_system(slug: str) -> System:
    """The system of this name, taken from the catalogue if the database has none. Raises UnknownSystemError."""
    if system := System.objects.filter(slug=slug).first():
        return system
    if slug not in entries():
        raise UnknownSystemError(slug)
    return System.objects.get_or_create(slug=slug, defaults=entries()[slug])[0]


def ensure_all() -> None:
    """Bring every catalogue entry into the database."""
    for slug in entries():
        ensure_system(slug)
