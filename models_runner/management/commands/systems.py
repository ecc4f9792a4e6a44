from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import tabulate

from models_runner.systems import catalog
from models_runner.systems.listing import ListedSystem, listed_systems, systems_of_today
from models_runner.systems.readiness import system_needs

HEADINGS = ("system", "regime", "size", "window", "adapter", "state")


class Command(BaseCommand):
    help = "List the systems with their state, bring the catalogue into the database, or add systems from a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument(
            "--list", action="store_true", help="Every system with what it needs (this is the default)."
        )
        chosen.add_argument("--today", action="store_true", help="The optional catalogue: models of today.")
        chosen.add_argument(
            "--take", nargs="+", metavar="NAME", help="Bring these systems of the catalogues into the database."
        )
        chosen.add_argument("--sync", action="store_true", help="Bring the catalogue into the database.")
        chosen.add_argument(
            "--add", type=Path, metavar="FILE", help="Add the systems of a YAML file; see docs/adapters.md."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["sync"]:
                self._report(catalog.sync_systems(catalog.entries()))
            elif options["take"]:
                self._take(options["take"])
            elif options["today"]:
                self._list(systems_of_today())
            elif options["add"]:
                self._report(catalog.add_systems(catalog.read_entries(options["add"])))
            else:
                self._list(listed_systems())
        except (catalog.CatalogError, catalog.UnknownSystemError) as error:
            raise CommandError(f"{error} Nothing was added.") from error

    def _report(self, done: catalog.Synced) -> None:
        self.stdout.write(
            f"{len(done.added)} systems added, {len(done.updated)} updated, {len(done.unchanged)} unchanged."
        )
        for slug, fields in done.frozen.items():
            self.stderr.write(
                f"{slug} already has summaries, so its record stays as it is; {', '.join(fields)} differ. "
                "Give the new settings a new name."
            )

    def _take(self, slugs: Sequence[str]) -> None:
        for system in catalog.take_systems(slugs):
            needs = system_needs(system)
            self.stdout.write(f"{system.slug}: {f'needs: {needs}' if needs else 'ready'}")

    def _list(self, systems: Iterable[ListedSystem]) -> None:
        rows = [HEADINGS, *(_row(listed) for listed in systems)]
        self.stdout.write(tabulate(rows, tablefmt="plain", disable_numparse=True))


def _row(listed: ListedSystem) -> tuple[str, ...]:
    system = listed.system
    size = f"{system.parameters / 1e6:,.0f}M {system.size_class}" if system.parameters else "—"
    window = str(system.context_window or "—")
    state = f"needs: {listed.missing}" if listed.missing else "ready"
    return system.slug, system.regime, size, window, system.adapter, state
