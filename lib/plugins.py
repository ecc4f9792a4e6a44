"""Tables of things that come in kinds, by key: the site's own, and those of installed packages (entry points)."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9_-]{0,49}")


class BrokenPluginError(RuntimeError):
    """A package's entry cannot be used; the message names the package and says why."""


class PluginTable(Mapping[str, str]):
    """Dotted paths by key: the site's own first, then those that installed packages add, by key.

    Nothing is imported before load(). A package's entry that cannot be used takes nothing from the others: it is left
    out, with the reason in problems().

    Args:
        group: The group of entry points that packages add to.
        own: The site's own.
    """

    def __init__(self, group: str, own: Mapping[str, str]) -> None:
        self.group = group
        self._own = own
        self._reasons: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        return self._own[key] if key in self._own else self._added[key].value

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from self._added

    def __len__(self) -> int:
        return len(self._own) + len(self._added)

    def is_own(self, key: str) -> bool:
        """Tell whether the key is one of the site's own."""
        return key in self._own

    def load(self, key: str) -> Any:
        """Import what the key stands for.

        Raises:
            BrokenPluginError: It is a package's, and cannot be imported.
        """
        if key in self._own:
            module, _, name = self._own[key].rpartition(".")
            return getattr(import_module(module), name)
        entry = self._added[key]
        try:
            return entry.load()
        except (Exception, SystemExit) as error:  # whatever a package does when it is imported, the site goes on
            raise self.broken(key, f"{type(error).__name__}: {error}") from error

    def broken(self, key: str, reason: str) -> BrokenPluginError:
        """Record why a package's entry cannot be used; return the error to raise."""
        message = f'"{key}" of {_package(self._added[key])} cannot be used: {reason}'
        self._reasons[key] = message
        return BrokenPluginError(message)

    def problems(self) -> list[str]:
        """Return why entries of packages were left out or cannot be used, as far as that is known."""
        return [*self._found[1], *self._reasons.values()]

    def look_again(self) -> None:
        """Forget which packages are installed."""
        self.__dict__.pop("_found", None)
        self._reasons.clear()

    @property
    def _added(self) -> dict[str, EntryPoint]:
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[dict[str, EntryPoint], list[str]]:
        added: dict[str, EntryPoint] = {}
        problems = []
        for entry in sorted(entry_points(group=self.group), key=lambda one: (one.name, _package(one))):
            if not KEY.fullmatch(entry.name):
                problems.append(
                    f"{_package(entry)} names an entry {entry.name!r}; expected small letters, digits, - and _, 50 at "
                    "most, beginning with a letter."
                )
            elif entry.name in self._own:
                problems.append(f'"{entry.name}" of {_package(entry)} is left out: the site has its own of that name.')
            elif entry.name in added and _package(added[entry.name]) != _package(entry):
                other = _package(added[entry.name])
                problems.append(f'"{entry.name}" of {_package(entry)} is left out: {other} has one of that name.')
            else:
                added[entry.name] = entry
        return added, problems


def _package(entry: EntryPoint) -> str:
    distribution = entry.dist
    return f"package {distribution.name} {distribution.version}" if distribution else f"{entry.value}"
