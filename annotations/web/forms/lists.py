"""Filters of long lists, read from the page's address; none is required, and an empty form shows everything."""

from typing import Any, cast

from django import forms

from annotations.models import AuditEntry, Study

LONGEST_SEARCH = 100


class ListForm(forms.Form):
    """A filter form bound to the address of a page; a value that is not valid is ignored, and the page says so."""

    def asked(self) -> dict[str, Any]:
        """Return the value of each filter; "" where it is missing or not valid."""
        return {name: self.cleaned_data.get(name) or field.initial or "" for name, field in self.fields.items()}

    @classmethod
    def of(cls, query: Any, *about: Any) -> "ListForm":
        """Bind the form to a query.

        Args:
            about: Further arguments of the form.
        """
        form = cls({name: query.get(name, field.initial) for name, field in cls.base_fields.items()}, *about)
        form.is_valid()
        return form


class FindForm(ListForm):
    find = forms.CharField(max_length=LONGEST_SEARCH, required=False, label="Find")


class PeopleForm(FindForm):
    show = forms.ChoiceField(
        choices=[("", "Everybody"), ("finished", "Nothing left to rate"), ("left", "Pairs left to rate")],
        required=False,
        label="Show",
    )

    field_order = ("show", "find")


class RemarksForm(FindForm):
    kind = forms.ChoiceField(
        choices=[("", "Everything"), ("comment", "Comments"), ("problem", "Problems"), ("skip", "Skipped pairs")],
        required=False,
        label="Show",
    )

    field_order = ("kind", "find")


class HistoryForm(ListForm):
    action = forms.ChoiceField(choices=[("", "Everything"), *AuditEntry.Action.choices], required=False, label="What")
    who = forms.CharField(max_length=LONGEST_SEARCH, required=False, label="Who")


class AnnotatorsForm(FindForm):
    show = forms.ChoiceField(
        choices=[
            ("", "Everybody"),
            ("look", "Worth a look"),
            ("out", "Excluded"),
            ("in", "Included"),
        ],
        required=False,
        label="Show",
    )
    order = forms.ChoiceField(
        choices=[
            ("", "Order of joining"),
            ("rated", "Most rated"),
            ("skipped", "Most skipped"),
            ("fast", "Fastest"),
            ("agreement", "Lowest agreement"),
            ("reliability", "Lowest reliability"),
            ("gold", "Lowest gold accuracy"),
        ],
        required=False,
        label="Order",
    )

    field_order = ("show", "order", "find")


class PairsForm(ListForm):
    show = forms.ChoiceField(
        choices=[
            ("", "All pairs"),
            ("known", "Gold and training"),
            ("skipped", "Skipped"),
            ("said", "With a remark"),
        ],
        required=False,
        label="Show",
    )


class StudyPairsForm(FindForm):
    show = forms.ChoiceField(
        choices=[
            ("", "All pairs"),
            ("left", "Open places"),
            ("taken", "Fully assigned"),
            ("untouched", "Not shown to anybody yet"),
            ("skipped", "Skipped by somebody"),
            ("said", "With a remark"),
        ],
        required=False,
        label="Show",
    )
    system = forms.ChoiceField(required=False, label="System")
    against = forms.ChoiceField(required=False, label="Against")

    field_order = ("show", "system", "against", "find")

    def __init__(self, data: Any, study: Study) -> None:
        super().__init__(data)
        slugs = [(slug, slug) for slug in study.systems.order_by("slug").values_list("slug", flat=True)]
        for name in ("system", "against"):
            cast(forms.ChoiceField, self.fields[name]).choices = [("", "Any"), *slugs]
