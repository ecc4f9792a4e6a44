"""Every address, asked with values that nobody means: no answer is a fault of the server.

Each gets three values in all its names at once, and each database every other address. FUZZ_VALUES=5 gives five values
to each name, at every address on the database at hand, which takes long.
"""

import os
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import connection

from tests.addresses import TABLE
from tests.fuzzing import Fuzzer
from tests.test_permissions import made, world  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

VALUES_EACH = int(os.environ.get("FUZZ_VALUES", "0"))
HERE = slice(None) if VALUES_EACH else slice(connection.vendor == "postgresql", None, 2)
NAMES = sorted(TABLE)[HERE]


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_no_value_is_a_fault_of_the_server(world, number):  # noqa: F811
    name = NAMES[number]
    who = "annotator" if TABLE[name][1][0] == "403" else "administrator"
    fuzzer = Fuzzer(world.clients[who], seed=number)
    fuzzer.fuzz(name, world.args[name], world.data.get(name, {}), values_each=VALUES_EACH)
    assert fuzzer.sent
    assert fuzzer.failures == []


ADMIN_NAMES = ("q", "o", "p", "all", "e", "_facets", "_to_field")
DATES = ("9" * 30, "2026-02-31")


def looked_up(model, model_admin):
    """Names that the list of the admin site looks up: filters, and those of its dates."""
    for field in model._meta.concrete_fields:
        yield field.name
        yield f"{field.name}__exact"
        if field.get_internal_type() in ("DateField", "DateTimeField"):
            yield from (f"{field.name}__{part}" for part in ("gte", "year", "month", "day"))


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str)[HERE], ids=lambda model: model._meta.model_name)
def test_no_value_is_a_fault_of_the_admin_site(world, model):  # noqa: F811
    fuzzer = Fuzzer(world.clients["administrator"], seed=1)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for name in (*ADMIN_NAMES, *looked_up(model, admin.site._registry[model])):
        for value in DATES:
            fuzzer.send("get", address, {name: value})
    dates = [field.name for field in model._meta.concrete_fields if field.get_internal_type() == "DateTimeField"]
    for name in dates:
        fuzzer.send("get", address, {f"{name}__year": "2026", f"{name}__month": "2", f"{name}__day": "31"})
        fuzzer.send("get", address, {f"{name}__year": "99999", f"{name}__month": "1"})
    for wrong in ("a\x00b", "9" * 30, "_5F", "x" * 300):
        fuzzer.send("get", f"{address}{quote(wrong)}/change/")
    assert fuzzer.failures == []
