"""Whatever is sent: a 4xx in the one shape that names the field, and nothing stored."""

import json
from copy import deepcopy
from functools import cache

import pytest
from django.apps import apps
from django.db import connection

from leaderboards.models.releases import Release
from tests.api.helpers import error_of
from tests.api.test_permissions import TABLE, made  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

SURROGATE = b'"\\ud800"'
APPS = ("models_runner", "annotations", "marks", "judges")
UPLOADS = (
    "/datasets/{name}/documents",
    "/datasets/{name}/summaries",
    "/studies/{slug}/votes",
    "/studies/{slug}/marks",
)


@pytest.fixture
def world(made, settings):  # noqa: F811
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    return deepcopy(made)


@cache
def _every_row():
    """One statement: these tests read all rows after every request."""
    models = [m for label in APPS for m in apps.get_app_config(label).get_models()]
    return " UNION ALL ".join(_rows_of(model._meta) for model in (*models, Release))


def _rows_of(meta):
    if connection.vendor == "postgresql":
        return f"SELECT '{meta.db_table}', t::text FROM {meta.db_table} AS t"
    values = " || ',' || ".join(f'quote("{field.column}")' for field in meta.concrete_fields)
    return f"SELECT '{meta.db_table}', {values} FROM {meta.db_table}"


def rows():
    with connection.cursor() as cursor:
        cursor.execute(_every_row())
        return sorted(cursor.fetchall())


def sender(path):
    return "rater" if path.startswith("/rating") else "lead"


def refused(world, path, body, *, content_type="application/json"):
    before = rows()
    response = world.programs[sender(path)].post(world.path(path), body, content_type=content_type)
    assert 400 <= response.status_code < 500, (path, response.content)
    assert response["Content-Type"].startswith("application/json")
    assert b"Traceback" not in response.content
    assert set(error_of(response)) == {"code", "message", "field"}
    assert error_of(response)["message"]
    assert rows() == before
    return response


NO_BODY = ("cancel", "resume", "retry", "next", "hold", "rotate", "publish")
BODIES = sorted(path for method, path in TABLE if method == "POST" and not path.endswith(NO_BODY))
OBJECTS = [path for path in BODIES if path not in UPLOADS]


def test_every_body_is_tried(world):
    assert all(world.body(path) for path in BODIES)


NO_SUCH_THING = (
    *(b"", b"{", b"nonsense", b"[1]", b"3", b"null", b'"text"', b"\xff\xfe{", b"{}"),
    *(b'[{"a": NaN}]', b"[" * 100_000, b'{"a": 1e999}'),
)


@pytest.mark.parametrize("path", BODIES)
def test_bodies_that_are_no_such_thing(world, path):
    for body in NO_SUCH_THING:
        refused(world, path, body)


@pytest.mark.parametrize("path", BODIES)
def test_bodies_of_another_type(world, path):
    good = json.dumps(world.body(path))
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml",
    ):
        assert refused(world, path, good, content_type=content_type).status_code == 415


@pytest.mark.parametrize("path", BODIES)
def test_bodies_that_are_too_large(world, path, settings):
    settings.API_BODY_BYTES = settings.API_UPLOAD_BYTES = 1000
    assert refused(world, path, json.dumps({"a": "x" * 1000})).status_code == 413


def test_a_small_limit_holds_for_what_is_no_upload_only(world, settings):
    settings.API_BODY_BYTES = 10
    body = json.dumps(world.body("/datasets/{name}/documents"))
    assert world.programs["lead"].post(world.path("/datasets/{name}/documents"), body).status_code == 200


def objects(path, body):
    """The object of a body, or its first record."""
    return body[0] if path in UPLOADS else body


@pytest.mark.parametrize("path", BODIES)
def test_a_field_that_is_not_known_is_named(world, path):
    body = world.body(path)
    objects(path, body)["surprise"] = 1
    assert "surprise" in error_of(refused(world, path, body))["field"]


LONG = "x" * 10_000
WRONG = (3.5, True, {"a": 1}, [[]], LONG, "nul \x00", "\ud800")
FREE = {"transcript": (LONG, [[]]), "summary": (LONG,)}  # texts of any length


@pytest.mark.parametrize("path", BODIES)
def test_a_value_of_the_wrong_kind_is_named(world, path):
    for field in objects(path, world.body(path)):
        for value in WRONG:
            if value in FREE.get(field, ()):
                continue
            body = world.body(path)
            objects(path, body)[field] = value
            error = error_of(refused(world, path, body))
            assert field in error["field"] + error["message"], (field, error)


@pytest.mark.parametrize("path", BODIES)
def test_a_key_that_is_there_twice_is_named(world, path):
    body = json.dumps(world.body(path))
    field = next(iter(objects(path, world.body(path))))
    twice = body.replace("{", f'{{"{field}": 1, ', 1)
    error = error_of(refused(world, path, twice))
    assert field in error["field"] + error["message"]


@pytest.mark.parametrize("path", OBJECTS)
def test_a_key_that_no_text_may_have(world, path):
    for key in ('"\\u0000"', '"\\ud800"'):
        refused(world, path, json.dumps(world.body(path)).replace("{", f"{{{key}: 1, ", 1))


@pytest.mark.parametrize("path", UPLOADS)
def test_lines_are_refused_as_lists_are(world, path):
    good = json.dumps(world.body(path)[0])
    for line in (b"{", SURROGATE, b"\x00", good.replace("{", '{"surprise": 1, ', 1).encode()):
        refused(world, path, good.encode() + b"\n" + line, content_type="application/jsonl")


READS = [path for method, path in TABLE if method == "GET" and not path.startswith(("/rating", "/webhooks"))]
LISTS = ("/datasets", "/datasets/{name}/documents", "/systems", "/runs", "/runs/{id}/summaries", "/studies")


def test_parameters_that_are_not_known_are_named(world):
    for path in READS:
        response = world.programs["lead"].get(world.path(path), {"surprise": "1"})
        assert (response.status_code, error_of(response)["field"]) == (422, "surprise")


@pytest.mark.parametrize("path", LISTS)
def test_parameters_of_the_wrong_kind_are_named(world, path):
    limits = [("limit", value) for value in ("0", "201", "x", "9" * 400)]
    for name, value in (*limits, ("cursor", "x" * 10_000), ("cursor", "\x00")):
        response = world.programs["lead"].get(world.path(path), {name: value})
        assert (response.status_code, error_of(response)["field"]) == (422, name)


def test_a_parameter_that_is_there_twice_is_named(world):
    response = world.programs["lead"].get("/studies?limit=1&limit=2")
    assert (response.status_code, error_of(response)["field"]) == (422, "limit")


@pytest.mark.parametrize("path", ["/datasets/{}", "/systems/{}", "/studies/{}", "/studies/{}/votes", "/runs/{}"])
def test_names_in_addresses(world, path):
    for name in ("x" * 10_000, "%00", "%ED%A0%80", "..%2f..%2fetc", "9" * 400):
        response = world.programs["lead"].get(path.format(name))
        assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["get", "post"])
def test_versions_in_addresses(world, method):
    releases = world.path("/studies/{slug}/releases")
    for version in ("x" * 10_000, "%00", "%ED%A0%80", "..", "%F0%9F%92%A9"):
        path = f"{releases}/{version}" + ("/publish" if method == "post" else "")
        response = getattr(world.programs["lead"], method)(path)
        assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


def test_a_new_datasets_name_is_short(world):
    path = f"/datasets/{'x' * 10_000}/documents"
    response = world.programs["lead"].post(path, [{"id": "m", "transcript": "Maya: We ship."}])
    assert response.status_code == 422
