"""How much of its limits each endpoint has used, for the page *Operations*."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from models_runner.runs.asking.limits import A_MINUTE, AT_ONCE, DOLLARS, TOKENS, uses


@dataclass(frozen=True)
class EndpointRow:
    """One limit of one endpoint.

    Attributes:
        host: The endpoint.
        limit: What is limited, in words.
        used: What counts towards it now, as it is shown.
        most: How much there may be, as it is shown.
    """

    host: str
    limit: str
    used: str
    most: str


def endpoint_rows(now: datetime) -> list[EndpointRow]:
    named = {
        AT_ONCE: _("requests under way"),
        A_MINUTE: _("requests within a minute"),
        TOKENS: _("tokens within a minute"),
        DOLLARS: _("dollars today (UTC)"),
    }
    return [
        EndpointRow(host, named[limit], _shown(limit, used), _shown(limit, most))
        for host, limits in uses(now)
        for limit, used, most in limits
    ]


def _shown(limit: str, value: float) -> str:
    return f"{value:,.2f}" if limit == DOLLARS else f"{value:,.0f}"
