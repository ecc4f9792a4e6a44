"""Mark the fields of forms that somebody must fill in."""

from django import template
from django.forms import BooleanField, BoundField, ChoiceField, ModelChoiceField

register = template.Library()


@register.filter
def is_marked_required(field: BoundField) -> bool:
    """Whether a field gets the mark; none does in a form of which everything must be filled in, such as a login."""
    return must_be_filled(field) and not all(must_be_filled(other) for other in field.form)


def must_be_filled(field: BoundField) -> bool:
    """Whether the form is refused while somebody leaves this field as it is shown at first.

    A field that is filled in already, and a list whose first choice is one, need no mark.
    """
    kind = field.field
    if not kind.required or kind.disabled or _is_prefilled(field):
        return False
    return not _offers_first_choice(field)


def _is_prefilled(field: BoundField) -> bool:
    return field.initial not in (None, "", [], ()) and not isinstance(field.field, BooleanField)


def _offers_first_choice(field: BoundField) -> bool:
    kind = field.field
    if not isinstance(kind, ChoiceField) or getattr(kind.widget, "allow_multiple_selected", False):
        return False
    if isinstance(kind, ModelChoiceField):
        return kind.empty_label is None
    # Otherwise its first choice is empty, or it is a list of buttons of which none is pressed.
    return not kind.widget.use_required_attribute(field.initial)
