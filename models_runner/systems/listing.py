"""List every system with its state: those in the database, and catalogue entries that are not yet stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from models_runner.models import Regime, Summary, System
from models_runner.systems import catalog
from models_runner.systems.readiness import silent_endpoints, system_needs

NO_SIZE = "none"


@dataclass(frozen=True)
class ListedSystem:
    """A system as the list shows it.

    Attributes:
        system: The system; unsaved if it is only in the catalogue.
        missing: What it needs before it can run; "" if it is ready.
        runs: How many runs it has.
        summaries: How many finished summaries it has.
        is_silent: Whether its endpoint did not answer in its newest run.
    """

    system: System
    missing: str
    runs: int = 0
    summaries: int = 0
    is_silent: bool = False

    @property
    def is_ready(self) -> bool:
        return not self.missing and not self.is_silent


def listed_systems() -> list[ListedSystem]:
    """Return all systems by name, in three SQL queries at most, however many there are."""
    summaries = dict(Summary.objects.done().order_by().values_list("run__system").annotate(n=Count("pk")))
    stored = {system.slug: system for system in System.objects.annotate(run_count=Count("runs"))}
    of_catalogue = {slug: catalog.unsaved_system(slug) for slug in catalog.entries() if slug not in stored}
    silent = silent_endpoints(stored.values())
    return [
        _listed(system, summaries.get(system.pk, 0), is_silent=system.pk in silent)
        for _, system in sorted((stored | of_catalogue).items())
    ]


def systems_of_today() -> list[ListedSystem]:
    """Return the systems of the optional catalogue, in its order, by their stored records where there are some."""
    systems = [catalog.find_system(slug) or catalog.unsaved_system(slug) for slug in catalog.entries_of_today()]
    return [ListedSystem(system, system_needs(system)) for system in systems]


def _listed(system: System, summaries: int, *, is_silent: bool) -> ListedSystem:
    missing = system_needs(system, has_summaries=summaries > 0)
    return ListedSystem(system, missing, getattr(system, "run_count", 0), summaries, is_silent)


@dataclass(frozen=True)
class SystemFilters:
    """What the page's form filters by; "" matches every system."""

    regime: str = ""
    size: str = ""
    state: str = ""

    def take(self, row: ListedSystem) -> bool:
        size = row.system.size_class or NO_SIZE
        state = "ready" if row.is_ready else "needs"
        return self.regime in ("", row.system.regime) and self.size in ("", size) and self.state in ("", state)


def by_regime(rows: Iterable[ListedSystem]) -> list[tuple[str, Sequence[ListedSystem]]]:
    """Return (heading, systems) for every regime that has systems: ready ones first, then by size."""
    ordered = sorted(rows, key=lambda row: (not row.is_ready, row.system.parameters or 0, row.system.slug))
    groups = [(regime.label, [row for row in ordered if row.system.regime == regime]) for regime in Regime]
    return [(str(label), systems) for label, systems in groups if systems]
