"""Planned looks are a setting of the study, and fixed once somebody has been given a pair."""

import re

import pytest
from django import forms
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import LookSpending, Study
from annotations.rating.assignment import next_assignment
from annotations.studies import setup
from annotations.studies.settings import change_settings
from annotations.studies.setup import StudySetupError
from annotations.web.forms.fields import LooksField, spending_field
from tests.factories import AnnotatorFactory, DatasetFactory, RunFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


def study_with_looks(votes=(200, 400), **values):
    study = make_study(systems=3)
    first, second, _ = study.systems.order_by("slug")
    change_settings(study, {"small_system": first, "large_system": second, "look_votes": list(votes), **values}, None)
    study.refresh_from_db()
    return study


@pytest.mark.parametrize(
    ("votes", "said"),
    [([200], "planned looks is 1;"), ([20] * 2, "do not rise"), ([400, 200], "do not rise"), ([10, 200], "at least 20"),
     (list(range(20, 31)), "planned looks is 11;")],
)  # fmt: skip
def test_looks_that_cannot_be_taken_are_refused(votes, said):
    dataset, (small, large) = DatasetFactory(), [RunFactory().system for _ in range(2)]
    with pytest.raises(StudySetupError, match=said) as refused:
        setup.create_study("s", dataset, [small, large], small_system=small, large_system=large, look_votes=votes)
    assert refused.value.field == "look_votes"
    assert not Study.objects.exists()


def test_looks_need_two_systems_named_and_a_known_strictness():
    dataset, (small, large) = DatasetFactory(), [RunFactory().system for _ in range(2)]
    with pytest.raises(StudySetupError, match="Name both"):
        setup.create_study("s", dataset, [small, large], small_system=small, look_votes=[100, 200])
    with pytest.raises(StudySetupError, match="not a way to plan looks"):
        setup.create_study("s", dataset, [small, large], look_spending="haybittle")


def test_the_command_takes_them():
    dataset, systems = DatasetFactory(), [RunFactory().system.slug for _ in range(2)]
    named = ("--small-system", systems[0], "--large-system", systems[1])
    call_command(
        *("create_study", "s", "--dataset", dataset.name, "--systems", ",".join(systems), *named),
        *("--looks", "200, 400,800", "--look-spending", "pocock"),
    )
    study = Study.objects.get(slug="s")
    assert (study.look_votes, study.look_spending) == ([200, 400, 800], "pocock")


def test_they_change_until_somebody_has_a_pair_and_each_change_is_recorded():
    study = study_with_looks()
    assert change_settings(study, {"look_votes": [300, 600]}, None) == ["look_votes"]
    entry = study.audit_entries.filter(subject="look_votes").latest("pk")
    assert (entry.before, entry.after) == ("[200, 400]", "[300, 600]")
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(StudySetupError, match="“Planned looks” can no longer change"):
        change_settings(study, {"look_votes": None}, None)
    with pytest.raises(StudySetupError, match="looks at them are planned"):
        change_settings(study, {"small_system": study.systems.order_by("slug").last()}, None)
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    page = client.get(reverse("study-settings", args=[study.slug])).content.decode()
    assert re.search(r'<input[^>]*name="look_votes" value="300, 600"[^>]* disabled', page)


ATTACKS = [
    {"look_votes": [100, 200]},
    {"look_votes": None},
    {"look_spending": "pocock"},
    {"noninferiority_margin": 0.2},
    {"small_system": "another"},
]


@pytest.mark.parametrize("attack", ATTACKS, ids=[next(iter(attack)) for attack in ATTACKS])
def test_the_database_refuses_a_change_once_somebody_has_a_pair(attack):
    study, other = study_with_looks(), study_with_looks()
    next_assignment(AnnotatorFactory(study=study))

    def changed(of):
        another = of.systems.order_by("slug").last()
        return {name: another if value == "another" else value for name, value in attack.items()}

    with pytest.raises(IntegrityError, match="study_looks_are_fixed"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**changed(study))
    assert Study.objects.filter(pk=other.pk).update(**changed(other)) == 1
    # What else a study has may change, and it may be saved as it is.
    study.title = "New"
    study.save()


def test_looks_cannot_be_planned_once_somebody_has_a_pair():
    study = study_with_looks()
    change_settings(study, {"look_votes": None}, None)
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(IntegrityError, match="study_looks_are_fixed"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(look_votes=[100, 200])
    # Without looks the pair may still be named anew, as before.
    another = study.systems.order_by("slug").last()
    assert change_settings(study, {"small_system": another}, None) == ["small_system"]


def test_the_database_wants_two_systems_and_a_known_strictness():
    study = study_with_looks()
    with pytest.raises(IntegrityError, match="study_looks_at_two_systems"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(large_system=None)
    with pytest.raises(IntegrityError, match="study_look_spending_known"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(look_spending="haybittle")


@pytest.mark.parametrize(
    ("text", "votes"),
    [("200, 400", [200, 400]), ("200，400,", None), ("", None), (" ", None), ("20,x", None), ("20,20", None)],
)
def test_the_field_reads_numbers_with_commas(text, votes):
    field = LooksField(label="Planned looks")
    if votes is None and text.strip():
        with pytest.raises(forms.ValidationError):
            field.clean(text)
    else:
        assert field.clean(text) == votes


def test_a_field_offers_each_way_by_a_short_name_and_says_in_its_help_whose_it_is():
    field = spending_field()
    assert [key for key, _ in field.choices] == LookSpending.values
    assert all(label.startswith(shown) for (_, shown), label in zip(field.choices, LookSpending.labels, strict=True))
    assert max(len(shown) for _, shown in field.choices) < 30
    assert all(name in field.help_text for name in ("O'Brien–Fleming", "Pocock"))
