"""The API put together. A resource is a module with a router, named here once."""

from django.utils.module_loading import import_string
from ninja import NinjaAPI

from api.body import StrictParser
from api.errors import set_handlers

ROUTERS = (
    "api.resources.datasets.router",
    "api.resources.systems.router",
    "api.resources.runs.router",
    "api.resources.studies.router",
    "api.resources.results.router",
    "api.resources.rating.router",
    "api.resources.webhooks.router",
)

api = NinjaAPI(
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
