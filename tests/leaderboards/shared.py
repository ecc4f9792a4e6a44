"""A closed study whose results can be shown: votes enough, a compact and a large system, a comment on a pair."""

import uuid
from datetime import timedelta

from django.utils import timezone

from annotations.models import Assignment, Remark, Study
from leaderboards.sharing.links import make_link
from models_runner.models import System
from tests.factories import AnnotatorFactory, UserFactory
from tests.leaderboards.helpers import make_rated_study, system_slugs, vote

# What must reach nobody without an account.
PSEUDONYM = "annotator-of-nobody"
COMMENT = "The other one forgot the deadline, says Zoë."


def make_shown_study(*, status="closed", **study):
    """The first system by slug is compact and wins all its votes, the second is large; the third has no size."""
    study = {"slug": "meetings", "title": "Meeting summaries", "noninferiority_margin": 0.05} | study
    made = make_rated_study(systems=3, documents=5, annotators=3, quota=4, **study)
    small, large, _ = system_slugs(made)
    System.objects.filter(slug=small).update(parameters=780_000_000, name="Tiny model")
    System.objects.filter(slug=large).update(parameters=13_000_000_000, name="Large model")
    for annotator in made.annotators.all():
        annotator.pseudonym = f"{PSEUDONYM}-{annotator.number}"
        annotator.save(update_fields=["pseudonym"])
    first = Assignment.objects.filter(comparison__in=pairs_of(made, small, large)).order_by("comparison", "pk").first()
    Remark.objects.create(assignment=first, kind="comment", text=COMMENT, client_key=uuid.uuid4())
    Study.objects.filter(pk=made.pk).update(status=status)
    made.refresh_from_db()
    return made


def pairs_of(study, small, large):
    """The comparisons of two systems, by document."""
    pairs = study.comparisons.select_related("summary_a__run__system", "summary_b__run__system").order_by("document")
    both = {small, large}
    return [p for p in pairs if {p.summary_a.run.system.slug, p.summary_b.run.system.slug} == both]


def add_votes_against(study, small, large, *, pair, outcome):
    """Other people vote on one pair: for the large system, or for both alike."""
    comparison = pairs_of(study, small, large)[pair]
    comparison.assignments.all().delete()
    large_is = "a" if comparison.summary_a.run.system.slug == large else "b"
    for slot in range(3):
        vote(comparison, AnnotatorFactory(study=study), large_is if outcome == "large" else outcome, slot=slot)
    return comparison


def link_to(study, *pages, days=9, by=None, **options):
    """A link and its token."""
    ends = timezone.now() + timedelta(days=days)
    return make_link(study, by or UserFactory(), pages or ["report", "board", "wins", "trust"], ends, **options)
