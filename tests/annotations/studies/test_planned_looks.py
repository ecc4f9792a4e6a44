"""Planned looks are a setting of the study, and fixed once somebody has been given a pair."""

import re
from datetime import UTC, datetime

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
from annotations.web.forms.fields import LookDatesField, LooksField, spending_field
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
    assert all(
        re.search(rf'<select[^>]*name="{name}"[^>]* disabled', page) for name in ("small_system", "large_system")
    )
    assert "The planned looks and the two systems that they compare cannot change either" in page


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


# ---- at dates

DATES = ["2027-03-01T17:00:00Z", "2027-03-08T17:00:00Z"]
BY_DATE = {"look_dates": DATES, "look_maximum": 400}


def made_with(**values):
    dataset, (small, large) = DatasetFactory(), [RunFactory().system for _ in range(2)]
    return setup.create_study("s", dataset, [small, large], small_system=small, large_system=large, **values)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"look_dates": DATES[:1]}, "look_dates", "planned looks is 1;"),
        ({"look_dates": DATES[::-1]}, "look_dates", "do not rise"),
        ({"look_dates": [DATES[0], DATES[0]]}, "look_dates", "do not rise"),
        ({"look_dates": ["2027-03-01", DATES[1]]}, "look_dates", "is no date with a time in UTC"),
        ({"look_dates": ["0001-01-01T00:00:00Z", DATES[1]]}, "look_dates", "is no date with a time in UTC"),
        ({"look_votes": [200, 400]}, "look_dates", "Keep one of the two"),
        ({"look_maximum": None}, "look_maximum", "need the number of votes"),
        ({"look_maximum": 19}, "look_maximum", "expected at least 20"),
        ({"look_dates": None}, "look_maximum", "but no dates"),
        ({"closes_at": datetime(2027, 3, 8, 16, tzinfo=UTC)}, "look_dates", "ends before the last planned look"),
        ({"large_system": None}, "look_dates", "Name both"),
    ],
)
def test_looks_at_dates_that_cannot_be_taken_are_refused(values, field, said):
    with pytest.raises(StudySetupError, match=said) as refused:
        made_with(**BY_DATE | values) if "large_system" not in values else one_named()
    assert refused.value.field == field
    assert not Study.objects.exists()


def one_named():
    dataset, (small, large) = DatasetFactory(), [RunFactory().system for _ in range(2)]
    setup.create_study("s", dataset, [small, large], small_system=small, **BY_DATE)


def test_the_command_takes_dates_in_the_zone_of_the_site(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    dataset, systems = DatasetFactory(), [RunFactory().system.slug for _ in range(2)]
    call_command(
        *("create_study", "s", "--dataset", dataset.name, "--systems", ",".join(systems)),
        *("--small-system", systems[0], "--large-system", systems[1], "--look-maximum", "400"),
        *("--look-dates", "2027-03-01T18:00, 2027-04-01T18:00,2027-05-01T18:00Z"),
    )
    study = Study.objects.get(slug="s")
    assert study.look_dates == ["2027-03-01T17:00:00Z", "2027-04-01T16:00:00Z", "2027-05-01T18:00:00Z"]
    assert (study.look_votes, study.look_maximum, study.planned_looks) == (None, 400, 3)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2027-03-01 18:00\n2027-04-01T18:00\n", ["2027-03-01T17:00:00Z", "2027-04-01T16:00:00Z"]),
        ("2027-03-01 18:00, 2027-04-01 18:00:30", ["2027-03-01T17:00:00Z", "2027-04-01T16:00:30Z"]),
        ("2027-03-01 18:00+00:00，2027-04-01 18:00", ["2027-03-01T18:00:00Z", "2027-04-01T16:00:00Z"]),
        (" \n", None),
    ],
)
def test_the_field_reads_dates_in_the_zone_of_the_site_and_writes_them_so(settings, text, dates):
    settings.TIME_ZONE = "Europe/Berlin"
    field = LookDatesField(label="Looks at dates")
    assert field.clean(text) == dates
    if dates:
        assert field.clean(field.prepare_value(dates)) == dates
        assert not field.has_changed(dates, field.prepare_value(dates))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2027-03-01\n2027-04-01", "is no date with a time"),
        ("2027-03-01 25:00\n2027-04-01 18:00", "is no date with a time"),
        ("soon", "is no date with a time"),
        ("2027-03-28 02:30\n2027-04-01 18:00", "Europe/Berlin"),  # the hour that there is not
        ("2027-04-01 18:00\n2027-03-01 18:00", "do not rise"),
    ],
)
def test_the_field_says_what_is_wrong(settings, text, said):
    settings.TIME_ZONE = "Europe/Berlin"
    with pytest.raises(forms.ValidationError, match=said):
        LookDatesField(label="Looks at dates").clean(text)


def test_dates_change_until_somebody_has_a_pair():
    study = study_with_looks()
    assert set(change_settings(study, {"look_votes": None, **BY_DATE}, None)) == {
        "look_votes",
        "look_dates",
        "look_maximum",
    }
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(StudySetupError, match="“Looks at dates” can no longer change"):
        change_settings(study, {"look_dates": None, "look_maximum": None}, None)
    with pytest.raises(StudySetupError, match="looks at them are planned"):
        change_settings(study, {"large_system": study.systems.order_by("slug").last()}, None)
    # A study may end sooner than was planned.
    assert change_settings(study, {"closes_at": datetime(2027, 3, 2, tzinfo=UTC)}, None) == ["closes_at"]


def test_settings_show_and_take_dates(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    study = study_with_looks()
    change_settings(study, {"look_votes": None, **BY_DATE}, None)
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    address = reverse("study-settings", args=[study.slug])
    page = client.get(address)
    assert "2027-03-01 18:00\n2027-03-08 18:00" in page.content.decode()
    data = {name: "" if value is None else value for name, value in page.context["form"].initial.items()}
    data |= {"look_dates": "2027-03-01 18:00", "look_maximum": "400", "small_system": "", "large_system": ""}
    refused = client.post(address, data).content.decode()
    assert "The number of planned looks is 1" in refused


DATE_ATTACKS = [
    {"look_dates": ["2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"]},
    {"look_maximum": 500},
    {"look_dates": None, "look_maximum": None},
    {"look_dates": None, "look_maximum": None, "look_votes": [100, 200]},
    {"look_spending": "pocock"},
    {"noninferiority_margin": 0.2},
]


@pytest.mark.parametrize("attack", DATE_ATTACKS, ids=["-".join(attack) for attack in DATE_ATTACKS])
def test_the_database_refuses_a_change_of_dates_once_somebody_has_a_pair(attack):
    study = study_with_looks()
    change_settings(study, {"look_votes": None, **BY_DATE}, None)
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(IntegrityError, match=r"study_look(s|_dates)_are_fixed"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**attack)
    study.refresh_from_db()
    study.save()


WRONG_PLANS = [
    ({"look_votes": [400, 200]}, "study_looks_rise"),
    ({"look_votes": [200]}, "study_looks_rise"),
    ({"look_votes": [200, 200]}, "study_looks_rise"),
    ({"look_votes": [200, "400"]}, "study_looks_rise"),
    ({"look_votes": [200, 300.5]}, "study_looks_rise"),
    ({"look_votes": [0, 200]}, "study_looks_rise"),
    ({"look_votes": list(range(20, 31))}, "study_looks_rise"),
    ({"look_votes": {"a": 1}}, "study_looks_rise"),
    ({"look_votes": None, "look_dates": DATES[::-1], "look_maximum": 400}, "study_look_dates_rise"),
    ({"look_votes": None, "look_dates": DATES[:1], "look_maximum": 400}, "study_look_dates_rise"),
    ({"look_votes": None, "look_dates": [DATES[0], DATES[0]], "look_maximum": 400}, "study_look_dates_rise"),
    ({"look_votes": None, "look_dates": ["2027-03-01", DATES[1]], "look_maximum": 400}, "study_look_dates_rise"),
    ({"look_votes": None, "look_dates": [1, 2], "look_maximum": 400}, "study_look_dates_rise"),
    ({"look_votes": None, "look_dates": "soon", "look_maximum": 400}, "study_look_dates_rise"),
    (BY_DATE, "study_looks_at_votes_or_dates"),
    ({"look_votes": None, "look_dates": DATES}, "study_looks_at_votes_or_dates"),
    ({"look_votes": None, "look_maximum": 400}, "study_looks_at_votes_or_dates"),
    ({"look_votes": None, "look_dates": DATES, "look_maximum": 19}, "study_looks_at_votes_or_dates"),
    ({"look_votes": None, **BY_DATE, "large_system": None}, "study_looks_at_votes_or_dates"),
]


@pytest.mark.parametrize(("values", "refusal"), WRONG_PLANS)
def test_the_database_wants_rising_looks_at_votes_or_at_dates(values, refusal):
    study = study_with_looks()
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**values)
    made = {"look_votes": [400, 200]} if refusal == "study_looks_rise" else {"look_dates": DATES[::-1]}
    if refusal.endswith("_rise"):
        with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
            Study.objects.create(slug="new-one", title="x", dataset=study.dataset, **made)
    assert Study.objects.filter(pk=study.pk).update(look_votes=None, **BY_DATE) == 1
