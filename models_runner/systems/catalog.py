"""Find systems by name, in the database or in the catalogues, whose entries are stored when they are first used.

Every site lists catalog.yaml. catalog_today.yaml is optional: its systems are listed once somebody has named one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from lib.names import normal_form
from lib.text.visible import visible_text
from lib.text.yaml_size import load_yaml
from models_runner.adapters.registry import ADAPTERS
from models_runner.models import System

CATALOG = Path(__file__).with_name("catalog.yaml")
CATALOG_TODAY = Path(__file__).with_name("catalog_today.yaml")
PIECE = "x-"
REQUIRED = ("name", "adapter", "regime")
FIELDS = (
    *REQUIRED,
    "model_id",
    "revision",
    "parameters",
    "context_window",
    "prompt_template",
    "decoding",
    "long_input",
    "engine",
    "base",
    "price",
    "licence",
    "about",
)

Entries = dict[str, dict[str, Any]]


class UnknownSystemError(LookupError):
    def __init__(self, slug: str) -> None:
        slugs = sorted({*entries(), *System.objects.values_list("slug", flat=True)})
        super().__init__(f"There is no system {slug!r}. Known systems: {', '.join(slugs)}.")


class CatalogError(ValueError):
    """A file of systems is wrong; the message names the entry and the field. Nothing was added."""


@dataclass
class Synced:
    """What a sync did, by the systems' slugs.

    Attributes:
        added: Systems that were not in the database.
        updated: Systems whose record was changed.
        unchanged: Systems whose record was the same.
        frozen: Fields that differ but stay as they are, because the system already has summaries.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    frozen: dict[str, list[str]] = field(default_factory=dict)


@cache
def entries() -> Entries:
    """Return the records of the catalogue that every site lists, by slug."""
    return read_entries(CATALOG)


@cache
def entries_of_today() -> Entries:
    """Return the records of the optional catalogue, by slug."""
    return read_entries(CATALOG_TODAY)


def all_entries() -> Entries:
    """Return the records of both catalogues, by slug."""
    return entries_of_today() | entries()


def read_entries(path: Path) -> Entries:
    """Read and check the entries of a YAML file, except keys that begin with x-, which hold anchors.

    Raises:
        CatalogError: The file cannot be read, or an entry is wrong.
    """
    try:
        loaded = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CatalogError(f"{path.name} cannot be read as YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise CatalogError(f"{path.name} holds no systems; expected a system's name with its fields below it.")
    read = {str(slug): values for slug, values in loaded.items() if not str(slug).startswith(PIECE)}
    for slug, values in read.items():
        check_entry(slug, values)
    return read


def check_entry(slug: str, values: Any) -> None:
    """Check one entry. Raises CatalogError, which names the entry and the field."""
    if not isinstance(values, dict):
        raise CatalogError(f"{slug}: expected fields below it, such as name, adapter and regime.")
    if unknown := [name for name in values if name not in FIELDS]:
        raise CatalogError(f"{slug}: field {unknown[0]!r} is not known. Known fields: {', '.join(FIELDS)}.")
    if missing := [name for name in REQUIRED if not visible_text(str(values.get(name) or ""))]:
        raise CatalogError(f"{slug}: field {missing[0]!r} is missing.")
    if values["adapter"] not in ADAPTERS:
        raise CatalogError(f"{slug}: adapter is {values['adapter']!r}; expected one of {', '.join(sorted(ADAPTERS))}.")
    plain = {name: value for name, value in values.items() if name != "base"}
    try:
        System(slug=slug, **plain).clean_fields()
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise CatalogError(f"{slug}: field {name!r}: {problems[0]}") from error


def ensure_system(slug: str) -> System:
    """Return the system of this name, storing it from a catalogue if the database has none.

    Raises:
        UnknownSystemError: Neither has a system of this name.
    """
    slug = normal_form(slug)
    if system := System.objects.filter(slug=slug).first():
        return system
    if slug not in all_entries():
        raise UnknownSystemError(slug)
    return System.objects.get_or_create(slug=slug, defaults=_row(all_entries()[slug]))[0]


def find_system(slug: str) -> System | None:
    """Return the stored system of this name, or a catalogue's record of it, unsaved; None if there is neither."""
    slug = normal_form(slug)
    if system := System.objects.select_related("base").filter(slug=slug).first():
        return system
    return unsaved_system(slug) if slug in all_entries() else None


def free_slug(slug: str) -> str:
    """Return a name for a copy that no system has yet."""
    stem = re.sub(r"-copy(-\d+)?$", "", slug)[:90]
    names = (f"{stem}-copy-{n}" if n > 1 else f"{stem}-copy" for n in count(1))
    return next(name for name in names if find_system(name) is None)


def name_for(entry: Mapping[str, Any]) -> str:
    """Make a name for addresses and commands from what people call a system, which no other one has.

    The same entry gets the same name again, so that a second press of a button makes no second system.
    """
    # Without its base, which a comparison would store.
    plain = {name: value for name, value in entry.items() if name != "base"}
    stem = slugify(entry["name"])[:90] or "system"
    names = (f"{stem}-{n}" if n > 1 else stem for n in count(1))
    return next(name for name in names if not _differing(name, plain))


def unsaved_system(slug: str) -> System:
    """Return a catalogue entry as an unsaved System, for pages, which change nothing."""
    return unsaved(slug, all_entries()[slug])


def unsaved(slug: str, record: Mapping[str, Any]) -> System:
    """Return an entry, as the catalogue has it, as an unsaved System."""
    values = dict(record)
    base = find_system(str(values.pop("base"))) if values.get("base") else None
    return System(slug=slug, base=base, **values)


def ensure_all() -> None:
    """Store every catalogue entry that is not yet in the database."""
    for slug in entries():
        ensure_system(slug)


@transaction.atomic
def take_systems(slugs: Iterable[str]) -> list[System]:
    """Store these systems of the catalogues, so that every list has them; all or none.

    Raises:
        UnknownSystemError: A name is in neither catalogue nor the database.
    """
    return [ensure_system(slug) for slug in slugs]


@transaction.atomic
def sync_systems(wanted: Entries) -> Synced:
    """Store entries in the database, all or none; a system that already has summaries stays as it is."""
    done = Synced()
    for slug, values in wanted.items():
        system = System.objects.filter(slug=slug).first()
        if system is None:
            System.objects.create(slug=slug, **_row(values))
            done.added.append(slug)
            continue
        changed = [name for name, value in _row(values).items() if getattr(system, name) != value]
        if not changed:
            done.unchanged.append(slug)
            continue
        for name in changed:
            setattr(system, name, _row(values)[name])
        try:
            system.save()
            done.updated.append(slug)
        except ValidationError:
            done.frozen[slug] = changed
    return done


@transaction.atomic
def add_systems(wanted: Entries) -> Synced:
    """Store new entries in the database. Raises CatalogError if a name is taken by a different system."""
    for slug, values in wanted.items():
        if differs := _differing(slug, values):
            raise CatalogError(f"{slug}: another system has this name ({', '.join(differs)} differ). Rename it.")
    return sync_systems(wanted)


def _differing(slug: str, values: Mapping[str, Any]) -> list[str]:
    """Name the fields in which an entry differs from the system of this name; none where there is no such system."""
    system = System.objects.filter(slug=slug).first()
    existing = {name: getattr(system, name) for name in FIELDS} if system else all_entries().get(slug)
    return [n for n, value in _row(values).items() if _row(existing).get(n, value) != value] if existing else []


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a System, with the base, which the file names by its slug, as a System."""
    row = dict(values)
    if isinstance(base := row.get("base"), str):
        row["base"] = ensure_system(base)
    return row
