"""Votes survive the changes of their tables."""

import uuid
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotations.counts.side_balance import recounted_leads
from annotations.models import Annotator, ControlItem, Judgement, PairTally, Study
from annotations.models import triggers as triggers_of_annotations
from annotations.people.privacy import erase
from leaderboards.models import triggers as triggers_of_leaderboards
from tests.annotations.helpers import make_gold, rate_everything
from tests.factories import AnnotatorFactory, make_study

# After the tests in transactions, as all that leave an empty database.
pytestmark = pytest.mark.django_db(transaction=True)

FIRST, RATING_PAGE, GUESSES, STRENGTH = "0001_initial", "0003_rating_page", "0008_guesses", "0011_strength"
BEFORE_SIDE_LEADS, SIDE_LEADS = "0018_what_somebody_had", "0019_side_leads"
ERASED_AT = "0022_erased_at"


def triggers():
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def models_at(migration):
    return MigrationExecutor(connection).loader.project_state([("annotations", migration)]).apps


def drop_triggers():
    triggers_of_annotations.drop_triggers()
    triggers_of_leaderboards.drop_triggers()


def ensure_triggers():
    triggers_of_annotations.ensure_triggers()
    triggers_of_leaderboards.ensure_triggers()


def migrate(to):
    drop_triggers()  # as the command does
    MigrationExecutor(connection).migrate([("annotations", to)])
    return models_at(to)


def migrate_to_the_newest():
    drop_triggers()
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    ensure_triggers()


# ---- one way back to the first tables and forward again, since Django takes seconds for each


@dataclass
class FirstTables:
    """What was seen on the way.

    Attributes:
        triggers: Their names at the start and at the end.
        required_was_asked: Whether a study that requires strength asked for it in the older tables.
        revisions: What a vote's history names after its move, and what it should.
        strength: By study, what became of asking for strength, and what should.
    """

    triggers: tuple[set, set]
    required_was_asked: bool
    revisions: tuple[list, list]
    strength: tuple[dict, dict]


@contextmanager
def emptied(django_db_blocker):
    """The database as a module's fixture may use it: it is left at the newest migration, without a row."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            migrate_to_the_newest()
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def first_tables(django_db_setup, django_db_blocker):
    with emptied(django_db_blocker):
        study, required = make_study(systems=2, documents=1), make_study(strength="required")
        keys = {"comparison_id": study.comparisons.get().pk, "annotator_id": AnnotatorFactory(study=study).pk}
        criterion = study.criteria.get().pk
        asked, not_asked = make_study(), make_study()
        before = triggers()
        call_command("migrate", "annotations", "0008", verbosity=0)
        required_was_asked = (
            models_at(GUESSES).get_model("annotations", "Study").objects.get(pk=required.pk).ask_strength
        )
        revisions = move_the_history_of_a_vote(keys, criterion)
        old_studies = migrate(GUESSES).get_model("annotations", "Study").objects
        old_studies.filter(pk=asked.pk).update(ask_strength=True)
        studies = migrate(STRENGTH).get_model("annotations", "Study").objects.filter(pk__in=[asked.pk, not_asked.pk])
        strength = dict(studies.values_list("pk", "strength")), {asked.pk: "required", not_asked.pk: "off"}
        ensure_triggers()  # as the command leaves them
        call_command("migrate", verbosity=0)
        return FirstTables((before, triggers()), required_was_asked, revisions, strength)


def move_the_history_of_a_vote(keys, criterion):
    old = migrate(FIRST)
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
    revisions = migrate(RATING_PAGE).get_model("annotations", "JudgementRevision").objects.order_by("pk")
    found = list(revisions.values_list("assignment_id", "criterion_id", "outcome"))
    return found, [(assignment.pk, criterion, "b"), (assignment.pk, criterion, "a")]


def test_tables_can_change_under_their_triggers(first_tables):
    """There and back through the command, with triggers in place that read the tables."""
    before, after = first_tables.triggers
    assert {"known_pair_has_expected_answer", "comparison_purpose_is_fixed"} < before
    assert after == before


def test_the_history_of_a_vote_moves_to_its_assignment(first_tables):
    found, expected = first_tables.revisions
    assert found == expected


def test_strength_that_was_asked_is_required(first_tables):
    found, expected = first_tables.strength
    assert found == expected


def test_strength_that_is_required_was_asked(first_tables):
    assert first_tables.required_was_asked


# ---- a second one, less far: what was rated stands in the way of the first tables


@dataclass
class RatedStudies:
    """What was seen on the way.

    Attributes:
        leads: By annotator and system, how much oftener it was shown on the left: as counted by the migration, and anew.
        erased: Annotators with the time of their erasure, of those who left: found, and expected.
        not_erased: How many of the others who left have no such time.
        renamed: Rows under their older names, and the same under the present ones.
        keys: By study, the order of its keys after the migration, and what it should be.
    """

    leads: tuple[dict, dict]
    erased: tuple[list, list]
    not_erased: int
    renamed: tuple[dict, dict]
    keys: tuple[dict, dict]


@pytest.fixture(scope="module")
def rated_studies(django_db_setup, django_db_blocker):
    with emptied(django_db_blocker):
        leads, gold = make_rated_study(), make_study_with_gold()
        erased, others = make_people_who_left()
        keys = expected_keys()
        present = {"gold": gold.comparison_id, "tally": PairTally.objects.values().get(), "has_gold": True}
        old = migrate(ERASED_AT)
        earlier = {
            "gold": old.get_model("annotations", "KnownPair").objects.get().comparison_id,
            "tally": old.get_model("annotations", "PairCount").objects.values().get(),
            "has_gold": old.get_model("annotations", "Study").objects.get(pk=gold.comparison.study_id).has_known_pairs,
        }
        migrate(BEFORE_SIDE_LEADS)
        rows = migrate(SIDE_LEADS).get_model("annotations", "SideLead").objects.all()
        counted = {(row.annotator_id, row.system_id): row.lead for row in rows}
        people = migrate(ERASED_AT).get_model("annotations", "Annotator").objects
        found = list(people.exclude(erased_at=None).values_list("pk", "erased_at"))
        not_erased = people.filter(pk__in=others, erased_at=None).count()
        migrate_to_the_newest()
        assert ControlItem.objects.get() == gold
        assert Study.objects.get(pk=gold.comparison.study_id).has_control_items
        assert PairTally.objects.values().get() == present["tally"]
        return RatedStudies(
            ({key: counted.get(key) for key in leads}, leads),
            (found, erased),
            not_erased,
            (earlier, present),
            (dict(Study.objects.values_list("pk", "key_order")), keys),
        )


def expected_keys():
    """Of every study; one more has votes that came with a file, for which nobody pressed a key."""
    imported = make_study(systems=2, documents=1)
    annotator = AnnotatorFactory(study=imported)
    rate_everything(annotator)
    Annotator.objects.filter(pk=annotator.pk).update(imported=True)
    voted = set(Judgement.objects.values_list("criterion__study", flat=True)) - {imported.pk}
    return {pk: "earlier" if pk in voted else "buttons" for pk in Study.objects.values_list("pk", flat=True)}


def make_rated_study():
    """Returns the leads of its annotators; one of the two came with a file, who was given nothing."""
    study = make_study(systems=3, documents=2, quota=2)
    for annotator in AnnotatorFactory.create_batch(2, study=study):
        rate_everything(annotator)
    annotator.imported = True
    annotator.save()
    return recounted_leads()


def make_study_with_gold():
    study = make_study(systems=2, documents=2, sampling="adaptive")
    gold = make_gold(study.comparisons.first())
    rate_everything(AnnotatorFactory(study=study))
    return gold


def make_people_who_left():
    """Returns the one of three who had themselves erased, with the time, and the keys of all others who left."""
    study = make_study(systems=2, documents=1)
    people = AnnotatorFactory.create_batch(3, study=study)
    namesake = AnnotatorFactory(study=make_study(), pseudonym=people[0].pseudonym)
    others = [people[1].pk, people[2].pk, namesake.pk]
    Annotator.objects.filter(pk__in=[people[0].pk, *others]).update(left_at="2026-01-02T00:00Z")
    erase(people[0])
    return [(people[0].pk, study.audit_entries.get(actor="the annotator").at)], others


def test_sides_shown_before_are_counted(rated_studies):
    """Of what was given here; a file's votes were given to nobody."""
    found, expected = rated_studies.leads
    assert found == expected
    assert len(expected) == 3


def test_who_was_erased_before_is_still_erased(rated_studies):
    """Of three who left, one had themselves erased; of another study's annotator of that name nothing is known."""
    found, expected = rated_studies.erased
    assert found == expected
    assert rated_studies.not_erased == 3


def test_rows_stay_in_their_tables_under_new_names(rated_studies):
    earlier, present = rated_studies.renamed
    assert earlier == present
    assert present["tally"]["votes"] == 1


def test_studies_with_votes_keep_their_keys(rated_studies):
    found, expected = rated_studies.keys
    assert found == expected
    assert set(expected.values()) == {"earlier", "buttons"}
