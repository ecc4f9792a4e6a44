"""Say what a planned study would decide."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.drafting.forecast import MOST_DOCUMENTS, StudyForecast
from annotations.studies.work_forecast import in_words
from lib.numbers import count_of, format_count
from lib.text.translated import translated
from stats.decisions.power import VotingDesign

register = template.Library()
# The quantiles that are kept of simulated studies say no more than that about rare ends.
RARE = 0.01

in_time = register.filter("in_time", in_words)


@register.filter
def chance(value: float) -> str:
    """Write a chance in whole percent; those at either end as bounds."""
    if value < RARE:
        return _("under 1 %")
    return _("over 99 %") if value > 1 - RARE else f"{100 * value:.0f} %"


@register.filter
def pace(seconds: float) -> str:
    """Write the time for one pair in whole seconds: 1 second, 40 seconds."""
    whole = round(seconds)
    return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": format_count(whole)}


@register.filter
def hours(value: float) -> str:
    """Write hours with a digit after the point while they are few; never 0.0 of some work."""
    if 0 < value < 0.05:
        return _("under 0.1")
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"


@register.simple_tag
def forecast_sentence(forecast: StudyForecast) -> str:
    said = "Good enough" if forecast.expects_good else "Not good enough"
    return translated(f"{_design(forecast.design)} will say “{said}” with a chance of {chance(forecast.chance)}.")


@register.simple_tag
def needed_sentence(forecast: StudyForecast) -> str:
    """Say what decides with a chance of 80 %."""
    return translated(_needed(forecast))


def _needed(forecast: StudyForecast) -> str:
    if forecast.needed is not None:
        votes = count_of(forecast.needed.votes_per_document, "vote")
        return f"For a chance of 80 % it takes {votes} on each pair: {format_count(forecast.needed.votes)} in all."
    design = forecast.design
    people = count_of(design.annotators, "annotator")
    short = f"No number of votes by {people} on {count_of(design.documents, 'document')} has a chance of 80 %"
    larger = forecast.deciding[design.annotators]
    if larger is not None:
        votes = f"{larger.documents:,} documents with {count_of(larger.votes_per_document, 'vote')} each"
        return f"{short}. It takes about {votes}: {format_count(larger.votes)} votes."
    return f"{short}, nor have {MOST_DOCUMENTS} documents. More annotators or a wider margin would help."


def _design(design: VotingDesign) -> str:
    return (
        f"{format_count(design.votes)} votes on the two systems in question, {design.votes_per_document} on each of "
        f"{format_count(design.documents)} documents, by {count_of(design.annotators, 'annotator')},"
    )
