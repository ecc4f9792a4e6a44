"""Say in templates who gave the votes of a study."""

from django import template

from annotations.models import Study
from leaderboards.presentation.trust.voters import said_of_voters

register = template.Library()


@register.filter
def of_voters(text: str, study: Study) -> str:
    """Return a sentence about people, or about simulated votes, in English; `translated` comes after it."""
    return said_of_voters(str(text), simulated=study.simulated)
