"""Show the verdict of a study on the study's own page."""

from typing import Any

from django import template

from annotations.web.access import StillRatingError, refuse_while_rating
from leaderboards.presentation.study_verdict import dated_verdict

register = template.Library()


@register.inclusion_tag("leaderboards/_study_verdict.html", takes_context=True)
def study_verdict(context: dict[str, Any]) -> dict[str, Any]:
    """Show the newest stored verdict; nothing to somebody with pairs left to rate, whom it would sway."""
    study = context["study"]
    try:
        refuse_while_rating(context["request"], study)
    except StillRatingError:
        return {"study": study, "hidden": True}
    dated = dated_verdict(study)
    return {"study": study, "dated": dated, "verdict": dated.verdict if dated else None}
