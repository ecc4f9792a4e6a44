"""Systems: those of the database and of the catalogue."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from api.gate.auth import ADMIN, READ
from api.gate.paging import page_of_named_items
from api.resources.links import ADDED_SYSTEM_LINKS
from api.schemas.systems import SystemIn, SystemOut, SystemPage, SystemQuery
from models_runner.models import System
from models_runner.systems import catalog
from models_runner.systems.listing import SystemFilters, listed_systems
from models_runner.systems.readiness import system_needs
from models_runner.web.access import check_may_run_models, get_system

router = Router(tags=["systems"])


@router.get("/systems", auth=READ, response={200: SystemPage})
def list_systems(request: HttpRequest, query: Query[SystemQuery]) -> Any:
    """List every system, by name."""
    check_may_run_models(request)
    filters = SystemFilters(regime=query.regime, state=query.state)
    rows = [(row.system.slug, _system(row.system, row.missing)) for row in listed_systems() if filters.take(row)]
    return page_of_named_items(rows, query, "systems")


def _system(system: System, missing: str) -> SystemOut:
    identity = ("slug", "name", "adapter", "model_id", "revision", "regime", "parameters", "size_class")
    behaviour = ("context_window", "decoding", "long_input", "licence", "about")
    return SystemOut(**{name: getattr(system, name) for name in (*identity, *behaviour)}, needs=missing)


@router.get("/systems/{slug:slug}", auth=READ, response={200: SystemOut})
def read_system(request: HttpRequest, slug: str) -> Any:
    """Read one system."""
    system = get_system(request, slug)
    return _system(system, system_needs(system))


@router.post("/systems", auth=ADMIN, response={201: SystemOut}, openapi_extra=ADDED_SYSTEM_LINKS)
def add_system(request: HttpRequest, body: SystemIn) -> Any:
    """Add a system. The same record again changes nothing; another record under a known name is refused."""
    check_may_run_models(request)
    record = body.dict(exclude_unset=True)
    slug = record.pop("slug")
    catalog.add_systems(_catalogue_entries(slug, record))
    system = get_system(request, slug)
    return Status(201, _system(system, system_needs(system)))


def _catalogue_entries(slug: str, record: dict[str, Any]) -> catalog.Entries:
    """Read the record as the catalogue reads a file. Raises CatalogError."""
    with TemporaryDirectory(prefix="punchweight-system-") as folder:
        path = Path(folder) / "system.yaml"
        path.write_text(yaml.safe_dump({slug: record}, allow_unicode=True), encoding="utf-8")
        return catalog.read_entries(path)
