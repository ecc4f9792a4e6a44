"""The form in which a stored system is changed: all of its record, or what summaries do not depend on."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.http import QueryDict

from models_runner.models import System
from models_runner.systems import catalog, changes
from models_runner.web.system_form import Entry, FieldGroup, SystemForm


class ChangedSystemForm(SystemForm):
    """A system's record, to be changed; `changes()` is what differs.

    Args:
        system: A stored system.
        data: As of a form.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, system: System, data: Any = None) -> None:
        self.record = changes.record_of(system)
        super().__init__(system.adapter, data, start=self.record)
        self.system = system
        self.is_fixed = changes.is_fixed(system)
        self.fields["seen"].initial = _digests(self.record)
        del self.fields["slug"]
        if self.is_fixed:
            kept = {"seen", *changes.ALWAYS, *(f"price_{price}" for price in self.prices)}
            for name in set(self.fields) - kept:
                del self.fields[name]

    def groups(self) -> Iterator[FieldGroup]:
        """Yield the form's parts; of a fixed system, what is left stands open."""
        for group in super().groups():
            if not self.is_fixed:
                yield group
            elif group.shown or group.folded:
                yield FieldGroup(group.heading, [*group.shown, *group.folded], [])

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return super()._bound(*(name for name in names if name in self.fields))

    def entry(self) -> tuple[str, Entry]:
        if not self.is_fixed:
            self.cleaned_data["slug"] = self.system.slug
            return super().entry()
        values = self.cleaned_data
        prices = {name: values.get(f"price_{name}") for name in self.prices}
        changed = {name: values[name] for name in changes.ALWAYS if name in values}
        changed["price"] = {name: value for name, value in prices.items() if value is not None}
        entry = {name: value for name, value in (self.record | changed).items() if value not in ("", None, {})}
        return self.system.slug, entry

    def changes(self) -> Entry:
        """Return the fields of the record that the form gives another value."""
        _, entry = self.entry()
        blank = {name: System._meta.get_field(name).get_default() for name in catalog.FIELDS} | {"base": ""}
        wanted = {name: entry.get(name, blank[name]) for name in catalog.FIELDS}
        return {name: value for name, value in wanted.items() if value != self.record[name]}

    def _check_entry(self) -> None:
        """Leave what is fixed as it is: an earlier version may have taken what this one would not."""
        if self.is_fixed:
            self._check_base(self.cleaned_data["base"])
        else:
            super()._check_entry()

    def _check_base(self, base: str) -> None:
        super()._check_base(base)
        if base and changes.is_made_from(catalog.find_system(base), self.system):
            self.add_error("base", f"{base} is this system, or was made from it.")

    def clean(self) -> Entry:
        values = super().clean()
        if not self.errors and (fields := _differing(values["seen"], self.record)):
            self.refuse_once(fields)
        return values

    def refuse_once(self, fields: list[str]) -> None:
        """Say what somebody else has changed since the page was opened; sent again, it is meant."""
        self.data = cast("QueryDict", self.data).copy()
        self.data["seen"] = _digests(changes.record_of(System.objects.get(pk=self.system.pk)))
        field = ", ".join(fields)
        self.add_error(
            None, f"Somebody else changed this system meanwhile: {field}. Save again to put yours in its place."
        )


def _digests(record: Entry) -> str:
    """Return a short digest of each field, in the catalogue's order."""
    return " ".join(_digest(record[name]) for name in catalog.FIELDS)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _differing(seen: str, record: Entry) -> list[str]:
    """Name the fields that are no longer as they were seen; none where nothing was sent, as by a program."""
    pairs = zip(catalog.FIELDS, seen.split(), strict=False)
    return [name for name, digest in pairs if digest != _digest(record[name])]
