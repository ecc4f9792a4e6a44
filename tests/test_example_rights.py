"""The example: researchers on the site read it, nobody changes it, and it is in the lists of those who may read it."""
# ruff: noqa: F811  (fixtures)

import pytest
from django.urls import reverse

from tests.addresses import TABLE
from tests.factories import make_study
from tests.rights import MEMBERS, OWNERS
from tests.test_permissions import got, made, world  # noqa: F401  (fixtures)

# Of rights, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_researcher_reads_the_example_and_changes_nothing(world):
    example = make_study(slug="drawn", systems=2, documents=1, status="closed", simulated=True)
    refused, expected = set(), set()
    for name, (method, roles) in TABLE.items():
        if roles in (MEMBERS, OWNERS) and world.args[name] == world.args["study"]:
            send = getattr(world.clients["modeller"], method.lower())
            response = send(reverse(name, args=[example.slug]), world.data.get(name, {}))
            assert response.status_code != 404, name
            if response.status_code == 403:
                refused.add(name)
                assert roles != MEMBERS or "The example is there to read." in response.content.decode()
            reads = roles == MEMBERS and (method == "GET" or name == "preview-answer")
            expected |= set() if reads else {name}
    assert refused == expected
    assert len(expected) > 10
    assert got(world.clients["outsider"].get(example.get_absolute_url())) == "404"


def test_the_example_is_in_the_lists_of_researchers(world):
    make_study(slug="drawn", systems=2, documents=1, status="closed", simulated=True)
    listed = {
        role: b"/studies/drawn/" in world.clients[role].get(reverse("studies")).content
        for role in ("outsider", "researcher", "modeller", "lead")
    }
    assert listed == {"outsider": False, "researcher": False, "modeller": True, "lead": True}
