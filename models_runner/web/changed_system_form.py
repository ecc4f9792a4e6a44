"""The form in which a stored system is changed: all of its record, or what summaries do not depend on."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.utils import pretty_name

from lib.serving.careful_form import CarefulForm
from models_runner.models import System
from models_runner.systems import catalog, changes
from models_runner.web.system_form import Entry, FieldGroup, SystemForm


class ChangedSystemForm(CarefulForm, SystemForm):
    """A system's record, to be changed; `changes()` is what differs.

    Args:
        system: A stored system.
        data: As of a form.
    """

    def __init__(self, system: System, data: Any = None) -> None:
        self.record = changes.record_of(system)
        super().__init__(system.adapter, data, start=self.record)
        self.system = system
        self.fixed_by = changes.what_fixes(system)
        del self.fields["slug"]
        self.fixed = self._take_fixed() if self.fixed_by else {}
        self.remember_shown()

    def _take_fixed(self) -> dict[str, forms.Field]:
        """Take the fields out that cannot change; return them."""
        kept = {*changes.ALWAYS, *(f"price_{price}" for price in self.prices)}
        return {name: self.fields.pop(name) for name in list(self.fields) if name not in kept}

    def groups(self) -> Iterator[FieldGroup]:
        """Yield the form's parts; of a fixed system, what is left stands open."""
        for group in super().groups():
            if not self.fixed:
                yield group
            elif group.shown or group.folded:
                yield FieldGroup(group.heading, [*group.shown, *group.folded], [])

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return super()._bound(*(name for name in names if name in self.fields))

    def entry(self) -> tuple[str, Entry]:
        if not self.fixed:
            self.cleaned_data["slug"] = self.system.slug
            return super().entry()
        values = self.cleaned_data
        changed = {name: values[name] for name in changes.ALWAYS if name in values}
        prices = {name: values.get(f"price_{name}") for name in self.prices}
        changed["price"] = {name: value for name, value in prices.items() if value is not None}
        entry = {name: value for name, value in (self.record | changed).items() if value not in ("", None, {})}
        return self.system.slug, entry

    def changes(self) -> Entry:
        """Return the fields of the record that the form gives another value; none where nothing was touched."""
        if not self.changed_data:
            return {}
        _, entry = self.entry()
        blank = changes.record_of(System())
        wanted = {name: entry.get(name, blank[name]) for name in catalog.FIELDS}
        return {name: value for name, value in wanted.items() if value != self.record[name]}

    def clean(self) -> Entry:
        self._refuse_what_is_fixed()
        self.keep_what_was_not_changed()
        values = super().clean()
        self.refuse_to_overwrite()
        return values

    def _refuse_what_is_fixed(self) -> None:
        """Say what cannot change any more: the page was opened when it could."""
        sent = {name: field for name, field in self.fixed.items() if name in self.data}
        late = [name for name, field in sent.items() if field.has_changed(self.initial.get(name), self.data[name])]
        if late and self.fixed_by:
            label = self.fixed[late[0]].label or pretty_name(late[0])
            self.add_error(None, f"“{label}” cannot change any more. {self.fixed_by.reason}")

    def _check_entry(self) -> None:
        """Leave what is fixed as it is: an earlier version may have taken what this one would not."""
        if self.fixed:
            self._check_base(self.cleaned_data["base"])
        else:
            super()._check_entry()

    def _check_base(self, base: str) -> None:
        super()._check_base(base)
        if base and changes.is_made_from(catalog.find_system(base), self.system):
            self.add_error("base", f"{base} is this system, or was made from it.")
