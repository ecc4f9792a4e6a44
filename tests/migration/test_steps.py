"""Rows survive the changes of their tables: on one way back to the first tables and forward again, which takes long."""

import uuid
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection

from annotations.counts.side_balance import recounted_leads
from annotations.models import Annotator, ControlItem, Judgement, PairTally, Study
from annotations.people.privacy import erase
from tests.annotations.helpers import make_gold, rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.migration.database import schema
from tests.migration.older_jobs import BEFORE, OlderJobs
from tests.migration.steps import ensure_triggers, migrate, migrate_to_the_newest, neighbours_alone

# After the tests in transactions, as all that leave an empty database.
pytestmark = pytest.mark.django_db(transaction=True)

FIRST, RATING_PAGE, GUESSES, STRENGTH = "0001_initial", "0003_rating_page", "0008_guesses", "0011_strength"
BEFORE_SIDE_LEADS, SIDE_LEADS = "0018_what_somebody_had", "0019_side_leads"
ERASED_AT = "0022_erased_at"
# Tables that are gone while the first ones are there; their rows are put back as they were.
PUT_BACK = ("AuditEntry", "KnownPair", "PairCount")


def triggers():
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def tables():
    with connection.cursor() as cursor:

        def ask(statement):
            cursor.execute(statement)
            return cursor.fetchall()

        return schema(connection.vendor, ask)


def migrate_to(migration):
    """Returns what gets a model of annotations as it is there."""
    return partial(migrate(("annotations", migration)).get_model, "annotations")


class Way:
    """What was seen on the way, by name: mostly what was found, and what it should be."""

    def __init__(self):
        self.seen = {}
        self.voted_on = make_study(systems=2, documents=1)
        self.place = {
            "comparison_id": self.voted_on.comparisons.get().pk,
            "annotator_id": AnnotatorFactory(study=self.voted_on).pk,
        }
        self.criterion = self.voted_on.criteria.get().pk
        self.required, self.asked, self.not_asked = make_study(strength="required"), make_study(), make_study()
        self.leads, self.gold = make_rated_study(), make_study_with_gold()
        self.gold_pair = self.gold.comparison
        self.erased, self.others = make_people_who_left()
        self.jobs, self.tally = OlderJobs(), PairTally.objects.values().get()
        self.keys = expected_keys() | {self.voted_on.pk: "earlier"}
        self.imported = list(Annotator.objects.filter(imported=True).values_list("pk", flat=True))
        self.triggers, self.tables = triggers(), tables()

    def back(self):
        """Through the command, but where rows are looked at that an older table has not."""
        call_command("migrate", "annotations", ERASED_AT, verbosity=0)
        old = migrate_to(ERASED_AT)
        has_gold = old("Study").objects.get(pk=self.gold_pair.study_id).has_known_pairs
        self.names = old("KnownPair").objects.get().comparison_id, old("PairCount").objects.values().get(), has_gold
        migrate(("models_runner", BEFORE[0][1]), ("annotations", BEFORE_SIDE_LEADS))
        old = migrate_to(SIDE_LEADS)
        counted = {(row.annotator_id, row.system_id): row.lead for row in old("SideLead").objects.all()}
        self.seen["leads"] = {key: counted.get(key) for key in self.leads}, self.leads
        self._keep_what_the_first_tables_have_not(old)
        ensure_triggers()
        call_command("migrate", "annotations", GUESSES, verbosity=0)
        self.seen["required was asked"] = migrate_to(GUESSES)("Study").objects.get(pk=self.required.pk).ask_strength

    def _keep_what_the_first_tables_have_not(self, old):
        self.kept = {name: list(old(name).objects.values()) for name in PUT_BACK}
        old("JudgementRevision").objects.all().delete()
        old("Comparison").objects.filter(pk=self.gold_pair.pk).update(purpose="rating", quota=2)

    def forward(self):
        self.seen["history"] = self._history_of_a_vote()
        migrate_to(GUESSES)("Study").objects.filter(pk=self.asked.pk).update(ask_strength=True)
        expected = {self.asked.pk: "required", self.not_asked.pk: "off"}
        studies = migrate_to(STRENGTH)("Study").objects.filter(pk__in=expected)
        self.seen["strength"] = dict(studies.values_list("pk", "strength")), expected
        older = migrate(*BEFORE)
        self._put_back(partial(older.get_model, "annotations"))
        self.jobs.fill(older)
        ensure_triggers()
        call_command("migrate", verbosity=0)
        self._look_at_the_newest()

    def _look_at_the_newest(self):
        self.seen["triggers"] = triggers(), self.triggers
        self.seen["tables"] = tables(), self.tables
        self.seen["jobs"] = self.jobs.found()
        self.seen["erased"] = (
            list(Annotator.objects.exclude(erased_at=None).values_list("pk", "erased_at")),
            self.erased,
        )
        self.seen["not erased"] = Annotator.objects.filter(pk__in=self.others, erased_at=None).count()
        has_gold = Study.objects.get(pk=self.gold_pair.study_id).has_control_items
        newer = ControlItem.objects.get().comparison_id, PairTally.objects.values().get(), has_gold
        self.seen["names"] = self.names, newer
        self.seen["keys"] = dict(Study.objects.values_list("pk", "key_order")), self.keys

    def _history_of_a_vote(self):
        old, outcomes = migrate_to(FIRST), ("b", "a")
        assignment = old("Assignment").objects.create(
            **self.place, slot=0, shown_left="a", lease_until="2999-01-01T00:00Z"
        )
        of_vote = {"criterion_id": self.criterion, "assignment": assignment}
        judgement = old("Judgement").objects.create(**of_vote, outcome="a")
        for outcome in outcomes:
            old("JudgementRevision").objects.create(judgement=judgement, client_key=uuid.uuid4(), outcome=outcome)
        revisions = migrate_to(RATING_PAGE)("JudgementRevision").objects.order_by("pk")
        found = list(revisions.values_list("assignment_id", "criterion_id", "outcome"))
        return found, [(assignment.pk, self.criterion, outcome) for outcome in outcomes]

    def _put_back(self, old):
        gold = self.gold_pair
        old("Comparison").objects.filter(pk=gold.pk).update(purpose=gold.purpose, quota=gold.quota)
        old("Study").objects.filter(pk=gold.study_id).update(has_known_pairs=True)
        old("Annotator").objects.filter(pk__in=self.imported).update(imported=True)
        for name in PUT_BACK:
            for values in self.kept[name]:
                old(name).objects.create(**values)
                old(name).objects.filter(pk=values["id"]).update(**values)  # also the time that creation sets


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


def expected_keys():
    """Of every study; one more has votes that came with a file, for which nobody pressed a key."""
    imported = make_study(systems=2, documents=1)
    annotator = AnnotatorFactory(study=imported)
    rate_everything(annotator)
    Annotator.objects.filter(pk=annotator.pk).update(imported=True)
    voted = set(Judgement.objects.values_list("criterion__study", flat=True)) - {imported.pk}
    return {pk: "earlier" if pk in voted else "buttons" for pk in Study.objects.values_list("pk", flat=True)}


@pytest.fixture(scope="module")
def way(django_db_setup, django_db_blocker):
    """The database is left at the newest migration, without a row."""
    with django_db_blocker.unblock():
        try:
            way = Way()
            with neighbours_alone():
                way.back()
                way.forward()
            yield way
        finally:
            migrate_to_the_newest()
            call_command("flush", verbosity=0, interactive=False)


def test_tables_can_change_under_their_triggers(way):
    """There and back through the command, with triggers in place that read the tables."""
    after, before = way.seen["triggers"]
    assert {"known_pair_has_expected_answer", "comparison_purpose_is_fixed"} < before
    assert after == before


def test_tables_are_as_they_were(way):
    found, expected = way.seen["tables"]
    assert found == expected
    assert len(expected["tables"]) > 500


def test_the_history_of_a_vote_moves_to_its_assignment(way):
    found, expected = way.seen["history"]
    assert found == expected


def test_strength_that_was_asked_is_required(way):
    found, expected = way.seen["strength"]
    assert found == expected


def test_strength_that_is_required_was_asked(way):
    assert way.seen["required was asked"]


def test_sides_shown_before_are_counted(way):
    """Of what was given here; a file's votes were given to nobody."""
    found, expected = way.seen["leads"]
    assert found == expected
    assert len(expected) == 3


def test_who_was_erased_before_is_still_erased(way):
    """Of three who left, one had themselves erased; of another study's annotator of that name nothing is known."""
    found, expected = way.seen["erased"]
    assert found == expected
    assert way.seen["not erased"] == 3


def test_rows_stay_in_their_tables_under_new_names(way):
    earlier, present = way.seen["names"]
    assert earlier == present == (way.gold.comparison_id, way.tally, True)
    assert way.tally["votes"] == 1


def test_studies_with_votes_keep_their_keys(way):
    found, expected = way.seen["keys"]
    assert found == expected
    assert set(expected.values()) == {"earlier", "buttons"}


def test_every_job_has_the_status_that_it_had(way):
    assert way.seen["jobs"] == {
        "evidence": [
            ("done", ""),
            ("pending", "x"),
            ("failed", "The worker ended while it looked for evidence."),
            ("running", ""),
        ],
        "snapshots": [
            ("done", "reading", ""),
            ("pending", "reading", ""),
            ("failed", "reading", "y"),
            ("running", "computing", ""),
        ],
        "quality": ("done", "z"),
        "delivery": ("sending", True, True),
        "workers": 1,
    }
