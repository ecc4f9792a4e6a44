"""Forms of stored values that several people change: nobody overwrites unseen what somebody else has set meanwhile."""

from typing import Any, cast

from django import forms
from django.http import QueryDict


class CarefulForm(forms.BaseForm):
    """A form that shows stored values and tells which of them were changed on the page.

    It must have `show_hidden_initial` on its fields (`remember_shown`). `data` is that of a request.
    """

    def remember_shown(self) -> None:
        """Have the page send back what it showed beside what was made of it."""
        for field in self.fields.values():
            field.show_hidden_initial = True

    def refuse_to_overwrite(self) -> None:
        """Refuse once each change of a value that somebody else has changed, too; sent again, it is meant."""
        for name in self.changed_data:
            self._refuse_to_overwrite(name)

    def _refuse_to_overwrite(self, name: str) -> None:
        field, seen = self.fields[name], self.add_initial_prefix(name)
        now = self.get_initial_for_field(field, name)
        sent = [self.data.get(seen), self.data.get(name)]
        if seen not in self.data or not all(field.has_changed(now, value) for value in sent):
            return
        shown = field.hidden_widget().format_value(field.prepare_value(now)) or ""
        # Of a request, which may not be changed.
        self.data = cast("QueryDict", self.data).copy()
        self.data[seen] = shown
        text = shown or "—"
        self.add_error(name, f"Somebody else changed this meanwhile to “{text}”. Save again to put yours in its place.")

    def keep_what_was_not_changed(self) -> None:
        """Put the values of now in place of those that the page showed and nobody touched there."""
        values: dict[str, Any] = self.cleaned_data
        for name in set(values) - set(self.changed_data):
            field = self.fields[name]
            values[name] = field.to_python(field.prepare_value(self.get_initial_for_field(field, name)))
