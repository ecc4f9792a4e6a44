"""The API put together. A resource is a module with a router, named here once."""

from typing import Any

from django.utils.module_loading import import_string
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from api.gate.body import StrictParser
from api.gate.errors import set_handlers
from api.gate.middleware import WRITES
from api.models.answers import LONGEST_KEY

ROUTERS = (
    "api.resources.datasets.router",
    "api.resources.systems.router",
    "api.resources.runs.router",
    "api.resources.studies.router",
    "api.resources.results.router",
    "api.resources.releases.router",
    "api.resources.rating.router",
    "api.resources.webhooks.router",
)

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
    "description": "A new one for each write: the same request again gets the same answer. "
    "Not taken where the answer holds a secret.",
}


class DescribedApi(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """With what the gate takes, which ninja does not know of."""
        schema = super().get_openapi_schema(**options)
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                if method.upper() in WRITES:
                    operation["parameters"] = [*operation["parameters"], KEY]
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
