"""Texts that a visitor must not see under their systems' names, because they rate them: annotations brings the rule.

A text is closed with its whole dataset, and with it what tells one summary from another: lengths, scores, flags.
"""

from collections.abc import Callable, Mapping

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

# Returns the reasons to refuse, by the id of a dataset.
Rule = Callable[[HttpRequest], Mapping[int, PermissionDenied]]

_rules: list[Rule] = []


def register_rule(rule: Rule) -> None:
    """Let a rule close datasets; call it in the ready() of an app."""
    if rule not in _rules:
        _rules.append(rule)


def refusals(request: HttpRequest) -> dict[int, PermissionDenied]:
    """Return the datasets whose texts this account or this browser must not see, with why."""
    return {pk: why for rule in _rules for pk, why in rule(request).items()}


def refuse_texts(request: HttpRequest, dataset_id: int) -> None:
    """Raise the refusal, where there is one, of whoever must not see texts of this dataset."""
    if why := refusals(request).get(dataset_id):
        raise why
