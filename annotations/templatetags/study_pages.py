"""Navigation between the pages of one study."""

from typing import Any

from django import template

from annotations.models import Membership
from annotations.web.access import LEAD, READER, role_of

register = template.Library()

# Name of the address, label, and the pages below it.
PAGES = (
    ("study", "Study", ()),
    ("study-pairs", "Pairs", ("pair",)),
    ("study-quality", "Quality", ("annotator",)),
    ("disagreements", "Disagreements", ()),
    ("study-remarks", "Remarks", ()),
    ("study-gold", "Gold and training", ("choose-gold", "make-gold")),
    ("study-people", "People", ()),
    ("study-asking", "Consent and questions", ()),
    ("study-settings", "Settings", ()),
    ("study-judges", "Judges", ("study-judge",)),
    ("study-protocol", "Protocol", ()),
    ("study-history", "History", ()),
    ("sharing", "Sharing", ()),
    ("board", "Leaderboard", ()),
)
FOR_OWNERS = ("study-people", "study-asking", "sharing")
# Which page a refused form is answered with.
ANSWERED_ON = {
    "invite": "study-people",
    "add-member": "study-people",
    "add-attention-checks": "study-gold",
    "change-public": "sharing",
    "ask-judge": "study-judges",
}


@register.simple_tag(takes_context=True)
def reads_only(context: dict[str, Any]) -> bool:
    """Whether this person reads the study and changes nothing in it, as researchers do with the example."""
    request, study = context["request"], context["study"]
    # Only the example has readers, so pages of other studies ask nothing.
    return bool(study.simulated) and role_of(request.user, study) == READER


@register.inclusion_tag("annotations/_study_nav.html", takes_context=True)
def study_nav(context: dict[str, Any]) -> dict[str, Any]:
    """List the study's pages that this person may open, with the current one marked."""
    request, study = context["request"], context["study"]
    shown = ANSWERED_ON.get(request.resolver_match.url_name, request.resolver_match.url_name)
    runs_it = role_of(request.user, study) in (LEAD, Membership.Role.OWNER)
    pages = [
        (name, label, "page" if name == shown else "true" if shown in below else "")
        for name, label, below in PAGES
        if runs_it or name not in FOR_OWNERS
    ]
    return {"study": study, "pages": pages}
