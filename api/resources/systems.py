"""Systems: those of the database and of the catalogue."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from api.auth import ADMIN, READ
from api.links import ADDED_SYSTEM
from api.paging import page_of_list
from api.schemas import ERRORS, SystemIn, SystemOut, SystemPage, SystemQuery
from models_runner.models import System
from models_runner.systems import catalog
from models_runner.systems.listing import Filters, listed_systems
from models_runner.systems.readiness import needs
from models_runner.web.access import check_staff, get_system

router = Router(tags=["systems"])


@router.get("/systems", auth=READ, response={200: SystemPage, **ERRORS})
def list_systems(request: HttpRequest, query: Query[SystemQuery]) -> Any:
    """Every system, in the order of their names."""
    check_staff(request)
    filters = Filters(regime=query.regime, state=query.state)
    rows = [(row.system.slug, _system(row.system, row.missing)) for row in listed_systems() if filters.take(row)]
    return page_of_list(rows, query, "systems")


def _system(system: System, missing: str) -> SystemOut:
    same = ("slug", "name", "adapter", "model_id", "revision", "regime", "parameters", "size_class")
    more = ("context_window", "decoding", "long_input", "licence", "about")
    return SystemOut(**{name: getattr(system, name) for name in (*same, *more)}, needs=missing)


@router.get("/systems/{slug:slug}", auth=READ, response={200: SystemOut, **ERRORS})
def read_system(request: HttpRequest, slug: str) -> Any:
    """One system."""
    system = get_system(request, slug)
    return _system(system, needs(system))


@router.post("/systems", auth=ADMIN, response={201: SystemOut, **ERRORS}, openapi_extra=ADDED_SYSTEM)
def add_system(request: HttpRequest, given: SystemIn) -> Any:
    """Add a system. The same record again changes nothing; another one under a known name is refused."""
    check_staff(request)
    record = given.dict(exclude_unset=True)
    slug = record.pop("slug")
    catalog.add(_checked(slug, record))
    system = get_system(request, slug)
    return Status(201, _system(system, needs(system)))


def _checked(slug: str, record: dict[str, Any]) -> catalog.Entries:
    """The record as the catalogue reads it from a file. Raises CatalogError."""
    with TemporaryDirectory(prefix="punchweight-system-") as folder:
        path = Path(folder) / "system.yaml"
        path.write_text(yaml.safe_dump({slug: record}, allow_unicode=True), encoding="utf-8")
        return catalog.read_entries(path)
