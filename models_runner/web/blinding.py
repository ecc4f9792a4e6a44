"""Texts that a visitor must not see under their systems' names, because they rate them: annotations brings the rule.

A text is closed with its whole dataset, and with it what tells one summary from another: lengths, scores, flags.
"""

from collections.abc import Callable, Collection, Mapping

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

# Returns the reasons to refuse, by the id of a dataset.
Rule = Callable[[HttpRequest], Mapping[int, PermissionDenied]]

# Is told the ids of datasets whose texts a visitor is shown under their systems' names.
Witness = Callable[[HttpRequest, Collection[int]], None]

_rules: list[Rule] = []
_witnesses: list[Witness] = []


def register_rule(rule: Rule, witness: Witness) -> None:
    """Let a rule close datasets, and a witness hear of texts that are shown; call it in the ready() of an app."""
    if rule not in _rules:
        _rules.append(rule)
        _witnesses.append(witness)


def refusals(request: HttpRequest) -> dict[int, PermissionDenied]:
    """Return the datasets whose texts this account or this browser must not see, with why."""
    return {pk: why for rule in _rules for pk, why in rule(request).items()}


def refuse_texts(request: HttpRequest, dataset_id: int) -> None:
    """Raise the refusal, where there is one, of whoever must not see texts of this dataset."""
    if why := refusals(request).get(dataset_id):
        raise why
    texts_are_shown(request, {dataset_id})


def texts_are_shown(request: HttpRequest, dataset_ids: Collection[int]) -> None:
    """Say that a page, which none of the refusals closed, shows texts of these datasets under their systems' names."""
    for witness in _witnesses:
        witness(request, dataset_ids)
