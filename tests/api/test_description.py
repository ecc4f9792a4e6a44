"""The API attacked by its own description: no fault of ours, and every answer as described."""

import itertools
from copy import deepcopy
from functools import cache

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import checks
from schemathesis.specs.openapi import checks as described

from tests.api.test_permissions import TABLE, made, operations  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

POSITIVE = schemathesis.GenerationMode.POSITIVE
CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
    described.negative_data_rejection,
]
FEW = {
    "database": None,
    "derandomize": True,
    "print_blob": False,
    "suppress_health_check": list(HealthCheck),
}
# What is drawn is the same each time. On the second engine the first few of it are enough: they ask whether its database
# answers as the first one did.
EXAMPLES = 12 if connection.vendor == "sqlite" else 4


@cache
def description():
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
    rejection = schema.config.checks.negative_data_rejection
    # A text that is too long may be so long that the body is.
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]
    return schema


@pytest.fixture
def world(made, settings):  # noqa: F811
    settings.API_REQUESTS_PER_MINUTE = 10**6
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    # The server's own way after a request; here it would end the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield deepcopy(made)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def sender(path):
    if path.startswith("/rating"):
        return "rater"
    return "owner" if path.startswith("/webhooks") else "lead"


def known(world, path):
    """Values for the parameters of an address, so that there is something behind it."""
    run = world.summary.run
    values = {
        "name": run.dataset.name,
        "criterion": "overall",
        "id": str(world.webhook.public_id) if path.startswith("/webhooks") else run.pk,
        "token": str(world.shown),
    }
    world.path(path)
    values |= {"kind": "combined", "version": world.version}
    values["slug"] = run.system.slug if path.startswith("/systems") else world.study.slug
    return {name: value for name, value in values.items() if f"{{{name}}}" in path}


@pytest.mark.parametrize("mode", schemathesis.GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", TABLE, ids=" ".join)
def test_answers_are_as_described(world, operation, mode):
    method, path = operation
    strategy = description()[f"/api/v1{path}"][method].as_strategy(generation_mode=mode)
    headers = world.programs[sender(path)].headers

    @hypothesis_settings(max_examples=EXAMPLES, **FEW)
    @given(case=strategy, there=...)
    def attack(case, there: bool):
        wrong = {place.name for place, part in case.meta.components.items() if part.mode is not POSITIVE}
        if there:
            case.path_parameters = known(world, path)
        # What is wrong with the address or the token alone is put right here.
        expected = CHECKS if wrong & {"QUERY", "BODY"} else CHECKS[:4]
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=expected)
            transaction.set_rollback(True)

    attack()


MAKING = ("/datasets/{name}/documents", "/systems", "/runs", "/studies", "/studies/{slug}/releases")


def test_links_lead_from_one_answer_to_the_next(world):
    """What was made is found again, changed and listed, in any order."""
    machine = description().as_state_machine()
    headers = world.programs["lead"].headers
    followed, numbers = [], itertools.count()

    class Machine(machine):
        def get_call_kwargs(self, case):
            return {"headers": headers}

        def before_call(self, case):
            path = case.operation.path.removeprefix("/api/v1")
            case.headers.pop("Idempotency-Key", None)
            if path in MAKING:
                # What is made must be there to go on from; what may be sent wrongly is tried above.
                case.body, case.query = world.body(path), {}
                if "slug" in case.body:
                    case.body["slug"] = f"made-{next(numbers)}"
                if "{name}" in path:
                    case.path_parameters = {"name": "made"}
                if "{slug}" in path:
                    case.path_parameters = {"slug": world.study.slug}

        def validate_response(self, response, case, **kwargs):
            followed.append((case.operation.label, response.status_code))
            case.validate_response(response, checks=CHECKS[:4])

        def teardown(self):
            super().teardown()

    few = hypothesis_settings(max_examples=15, stateful_step_count=8, **FEW)
    release, found = "GET /api/v1/studies/{slug}/releases/{version}", set()
    # Which links are followed is chosen at random: as many walks as it takes to have followed these, within limits.
    for number in range(1, 9):
        run_state_machine_as_test(seed(number)(Machine), settings=few)
        found = {label for label, status in followed if "{" in label and status == 200}
        if release in found and len(found) > 4:
            break
    assert release in found
    assert len(found) > 4, followed  # random names and numbers find nothing: these came by links


def test_the_description_is_openapi_3_1(client):
    answer = client.get("/api/openapi.json")
    assert answer.json()["openapi"] == "3.1.0"
    assert {(m.upper(), p) for p, methods in answer.json()["paths"].items() for m in methods} == {
        (method, f"/api/v1{path}") for method, path in operations()
    }
    links = [
        link["operationId"]
        for methods in answer.json()["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    known_ids = {o["operationId"] for methods in answer.json()["paths"].values() for o in methods.values()}
    assert links
    assert set(links) <= known_ids


def test_the_page_names_every_operation_and_loads_nothing_from_elsewhere(client):
    page = client.get("/api/docs")
    text = page.content.decode()
    for method, path in TABLE:
        assert f"<code>{method} /api/v1{path}</code>" in text
    assert "<script src" not in text.replace('<script src="/static/', "")
    assert "https://" not in text
    assert "style=" not in text
    assert "'unsafe" not in page["Content-Security-Policy"]
