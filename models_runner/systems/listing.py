"""Every system with its state: those of the database, and those of the catalogue that have not entered it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from models_runner.models import Regime, Summary, System
from models_runner.systems import catalog
from models_runner.systems.readiness import system_needs

NO_SIZE = "none"


@dataclass(frozen=True)
class ListedSystem:
    """missing: what it needs before it can run, "" when it is ready. runs, summaries: how many it has."""

    system: System
    missing: str
    runs: int = 0
    summaries: int = 0


def listed_systems() -> list[ListedSystem]:
    """All of them by name; two queries, whatever their number."""
    summaries = dict(Summary.objects.done().order_by().values_list("run__system").annotate(n=Count("pk")))
    stored = {system.slug: system for system in System.objects.annotate(run_count=Count("runs"))}
    of_catalogue = {slug: catalog.unsaved_system(slug) for slug in catalog.entries() if slug not in stored}
    return [_listed(system, summaries.get(system.pk, 0)) for _, system in sorted((stored | of_catalogue).items())]


def _listed(system: System, summaries: int) -> ListedSystem:
    missing = system_needs(system, has_summaries=summaries > 0)
    return ListedSystem(system, missing, getattr(system, "run_count", 0), summaries)


@dataclass(frozen=True)
class SystemFilters:
    """What the page's form asks for; "" is everything."""

    regime: str = ""
    size: str = ""
    state: str = ""

    def take(self, row: ListedSystem) -> bool:
        size = row.system.size_class or NO_SIZE
        state = "needs" if row.missing else "ready"
        return self.regime in ("", row.system.regime) and self.size in ("", size) and self.state in ("", state)


def by_regime(rows: Iterable[ListedSystem]) -> list[tuple[str, Sequence[ListedSystem]]]:
    """(heading, systems) for every regime that has any; the ready ones first, small before large."""
    ordered = sorted(rows, key=lambda row: (bool(row.missing), row.system.parameters or 0, row.system.slug))
    groups = [(regime.label, [row for row in ordered if row.system.regime == regime]) for regime in Regime]
    return [(str(label), found) for label, found in groups if found]
