"""The API, put together from its resources: each is a module with a router, named here once."""

import re
from functools import cached_property
from http.client import responses
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from api.gate.body import StrictParser, check_query
from api.gate.handlers import set_handlers
from api.gate.middleware import WRITES
from api.models.answers import LONGEST_KEY
from api.schemas.common import ErrorOut

ROUTERS = (
    "api.resources.datasets.router",
    "api.resources.systems.router",
    "api.resources.metrics.router",
    "api.resources.runs.router",
    "api.resources.studies.router",
    "api.resources.judging.router",
    "api.resources.results.router",
    "api.resources.releases.router",
    "api.resources.rating.router",
    "api.resources.marking.router",
    "api.resources.webhooks.router",
)

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
    "description": "A new one for each write: the same request again gets the same answer. "
    "Not taken where the answer holds a secret.",
}


REFUSALS = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429)


class RefusedAnswer(Schema):
    response: ErrorOut


class Description(OpenAPISchema):
    """Ninja's description, with the refusals of every operation.

    They are not declared at each one: ninja would make a class for every refusal of every operation, 450 in all,
    whenever a process starts.
    """

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        described: dict[int, dict[str, Any]] = super().responses(operation)
        model: Any = RefusedAnswer  # ninja takes any model of an answer here, and says so of parameters alone
        schema = self._create_schema_from_model(model, by_alias=operation.by_alias, mode="serialization")[0]
        content = {self.api.renderer.media_type: {"schema": schema}}
        refusals = {status: {"description": responses[status], "content": content} for status in REFUSALS}
        return dict(sorted((described | refusals).items()))


class DescribedApi(NinjaAPI):
    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Refuse unknown parameters as well: ninja calls this between the check of the scope and reading values."""
        check_query(request, self._parameters_of(request))
        return super().create_temporal_response(request)

    def _parameters_of(self, request: HttpRequest) -> frozenset[str]:
        match = request.resolver_match
        route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", match.route if match else "")
        return self._query_parameters.get((request.method or "", f"/{route}"), frozenset())

    @cached_property
    def _query_parameters(self) -> dict[tuple[str, str], frozenset[str]]:
        """Names of each operation's query parameters, by method and path, as the description has them."""
        paths: dict[str, dict[str, Any]] = self.get_openapi_schema()["paths"]
        return {
            (method.upper(), path): frozenset(p["name"] for p in operation["parameters"] if p["in"] == "query")
            for path, operations in paths.items()
            for method, operation in operations.items()
        }

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description, which is made once: it takes a second, and stays the same while the site runs."""
        if path_prefix is None and not path_params:
            return self._description
        return self._described(self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    @cached_property
    def _description(self) -> OpenAPISchema:
        return self._described(self.get_root_path({}))

    def _described(self, path_prefix: str) -> OpenAPISchema:
        """Return the description with the header Idempotency-Key, which the gate reads."""
        schema = Description(self, path_prefix)
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                if method.upper() in WRITES:
                    operation["parameters"] = [*operation["parameters"], IDEMPOTENCY_KEY]
        return schema


api = DescribedApi(
    title="Punchweight",
    version="1",
    description=(
        "Datasets, systems, runs, studies and boards, for programs. Send a token as `Authorization: Bearer TOKEN`. "
        "A token may do what its owner may do, within its scope."
    ),
    openapi_url=None,
    docs_url=None,
    parser=StrictParser(),
    urls_namespace="api",
)
set_handlers(api)
for name in ROUTERS:
    api.add_router("", import_string(name))
