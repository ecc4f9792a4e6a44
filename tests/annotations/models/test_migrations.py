"""Votes survive the changes of their tables."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotations.counts.side_balance import recounted_leads
from annotations.models import Annotator, ControlItem, PairTally, Study
from annotations.models.triggers import drop_triggers, ensure_triggers
from annotations.people.privacy import erase
from tests.annotations.helpers import make_gold, rate_everything
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db(transaction=True)


def triggers():
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def test_tables_can_change_under_their_triggers():
    """There and back through the command, with triggers in place that read the tables."""
    before = triggers()
    assert {"known_pair_has_expected_answer", "comparison_purpose_is_fixed"} < before
    call_command("migrate", "annotations", "0008", verbosity=0)
    call_command("migrate", verbosity=0)
    assert triggers() == before


BEFORE, AFTER = [("annotations", "0001_initial")], [("annotations", "0003_rating_page")]


@pytest.fixture
def latest():
    yield
    drop_triggers()
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    ensure_triggers()


def migrate(to):
    drop_triggers()  # as the command does
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


def test_the_history_of_a_vote_moves_to_its_assignment(latest):
    study = make_study(systems=2, documents=1)
    keys = {"comparison_id": study.comparisons.get().pk, "annotator_id": AnnotatorFactory(study=study).pk}
    criterion = study.criteria.get().pk
    old = migrate(BEFORE)
    assignment = old.get_model("annotations", "Assignment").objects.create(
        **keys, slot=0, shown_left="a", lease_until="2999-01-01T00:00Z"
    )
    judgement = old.get_model("annotations", "Judgement").objects.create(
        assignment_id=assignment.pk, criterion_id=criterion, outcome="a"
    )
    for outcome in ("b", "a"):
        old.get_model("annotations", "JudgementRevision").objects.create(
            judgement_id=judgement.pk, client_key=uuid.uuid4(), outcome=outcome
        )
    revisions = migrate(AFTER).get_model("annotations", "JudgementRevision").objects.order_by("pk")
    assert list(revisions.values_list("assignment_id", "criterion_id", "outcome")) == [
        (assignment.pk, criterion, "b"),
        (assignment.pk, criterion, "a"),
    ]


def test_strength_that_was_asked_is_required(latest):
    asked, not_asked = make_study(), make_study()
    old = migrate([("annotations", "0008_guesses")])
    old.get_model("annotations", "Study").objects.filter(pk=asked.pk).update(ask_strength=True)
    studies = migrate([("annotations", "0011_strength")]).get_model("annotations", "Study").objects
    assert dict(studies.values_list("pk", "strength")) == {asked.pk: "required", not_asked.pk: "off"}


def test_strength_that_is_required_was_asked(latest):
    study = make_study(strength="required")
    old = migrate([("annotations", "0008_guesses")])
    assert old.get_model("annotations", "Study").objects.get(pk=study.pk).ask_strength


def test_sides_shown_before_are_counted(latest):
    """Of what was given here; a file's votes were given to nobody."""
    study = make_study(systems=3, documents=2, quota=2)
    for annotator in AnnotatorFactory.create_batch(2, study=study):
        rate_everything(annotator)
    annotator.imported = True
    annotator.save()
    expected = recounted_leads()
    migrate([("annotations", "0018_what_somebody_had")])
    rows = migrate([("annotations", "0019_side_leads")]).get_model("annotations", "SideLead").objects
    assert {(one.annotator_id, one.system_id): one.lead for one in rows.all()} == expected
    assert len(expected) == 3


def test_who_was_erased_before_is_still_erased(latest):
    """Of three who left, one had themselves erased; of another study's annotator of that name nothing is known."""
    study = make_study(systems=2, documents=1)
    people = AnnotatorFactory.create_batch(3, study=study)
    namesake = AnnotatorFactory(study=make_study(), pseudonym=people[0].pseudonym)
    Annotator.objects.update(left_at="2026-01-02T00:00Z")
    erase(people[0])
    migrate([("annotations", "0021_leased_jobs")])
    rows = migrate([("annotations", "0022_erased_at")]).get_model("annotations", "Annotator").objects
    entry = study.audit_entries.get(actor="the annotator")
    assert list(rows.exclude(erased_at=None).values_list("pk", "erased_at")) == [(people[0].pk, entry.at)]
    assert rows.filter(pk__in=[people[1].pk, people[2].pk, namesake.pk], erased_at=None).count() == 3


def test_rows_stay_in_their_tables_under_new_names(latest):
    study = make_study(systems=2, documents=2, sampling="adaptive")
    gold = make_gold(study.comparisons.first())
    rate_everything(AnnotatorFactory(study=study))
    tally = PairTally.objects.values().get()
    old = migrate([("annotations", "0022_erased_at")])
    assert old.get_model("annotations", "KnownPair").objects.get().comparison_id == gold.comparison_id
    assert old.get_model("annotations", "PairCount").objects.values().get() == tally
    assert old.get_model("annotations", "Study").objects.get().has_known_pairs
    migrate([("annotations", "0023_control_items_and_pair_tallies")])
    assert list(ControlItem.objects.filter(comparison__control_item=gold)) == [gold]
    assert study.pair_tallies.values().get() == tally
    assert tally["votes"] == 1
    assert Study.objects.get().has_control_items
