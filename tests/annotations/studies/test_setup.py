"""What a study compares, and what may change when."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import AuditEntry, Study
from annotations.rating.assignment import has_work, next_assignment
from annotations.rating.votes import RefusedError
from annotations.studies import setup
from annotations.studies.setup import Material, StudySetupError
from annotations.web.forms import SettingsForm
from stats.decisions.sampling import EPSILON
from tests.annotations.helpers import vote_on
from tests.factories import (
    AnnotatorFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    SummaryFactory,
    UserFactory,
    make_study,
)
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def systems():
    return [RunFactory(dataset=DatasetFactory(name=f"other-{n}")).system for n in range(4)]


@pytest.fixture
def dataset(systems):
    """Six documents, three in each split; every system has summarized all."""
    dataset = DatasetFactory()
    documents = [
        DocumentFactory(dataset=dataset, external_id=f"m{n}", split="val" if n < 3 else "test", position=n)
        for n in range(6)
    ]
    for system in systems:
        run = RunFactory(system=system, dataset=dataset)
        for document in documents:
            SummaryFactory(run=run, document=document)
    return dataset


def make(dataset, systems, slug="s", **material):
    return setup.create_study(slug, dataset, systems, material=Material(**material))


def compared(study):
    """(document, {two systems}) of every comparison."""
    rows = study.comparisons.values_list(
        "document__external_id", "summary_a__run__system__slug", "summary_b__run__system__slug"
    )
    return sorted((document, *sorted(pair)) for document, *pair in rows)


# ---- what is compared


def test_a_split(dataset, systems):
    study = make(dataset, systems, split="val")
    assert {document for document, *_ in compared(study)} == {"m0", "m1", "m2"}


def test_chosen_documents(dataset, systems):
    study = make(dataset, systems, chosen=["m4", "m1"])
    assert {document for document, *_ in compared(study)} == {"m1", "m4"}


def test_a_sample_is_drawn_by_the_seed(dataset, systems):
    drawn = [
        frozenset(document for document, *_ in compared(make(dataset, systems, slug=f"s{n}", sample=3, seed=seed)))
        for n, seed in enumerate((1, 1, 2, 3, 4, 5))
    ]
    assert all(len(documents) == 3 for documents in drawn)
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_a_sample_stays_when_documents_come(dataset, systems):
    study = make(dataset, systems, sample=2)
    late = DocumentFactory(dataset=dataset, external_id="late")
    for run in dataset.runs.all():
        SummaryFactory(run=run, document=late)
    from annotations.studies.pair_generation import build_comparisons

    assert build_comparisons(study) == 0


def test_an_anchor_meets_every_other_system(dataset, systems):
    anchor = systems[2]
    study = make(dataset, systems, anchor=anchor)
    assert len(compared(study)) == 6 * 3
    assert all(anchor.slug in pair for _, *pair in compared(study))


def test_some_pairs_of_each_document(dataset, systems):
    study = make(dataset, systems, pairs_per_document=2, seed=1)
    per_document = {}
    for document, *pair in compared(study):
        per_document.setdefault(document, []).append(tuple(pair))
    assert {len(pairs) for pairs in per_document.values()} == {2}
    assert len({tuple(pairs) for pairs in per_document.values()}) > 1  # not the same two everywhere


def test_drawn_pairs_do_not_depend_on_what_is_finished_first(dataset, systems):
    from annotations.studies.pair_generation import build_comparisons

    study = make(dataset, systems, pairs_per_document=2)
    whole = compared(study)
    study.comparisons.all().delete()
    last = systems[-1].runs.get(dataset=dataset)
    last.summaries.update(status="pending", text="", stop_reason="", dropped_tokens=None)
    build_comparisons(study)
    assert set(compared(study)) < set(whole)
    last.summaries.update(status="done", text="Done at last.", stop_reason="end", dropped_tokens=0)
    build_comparisons(study)
    assert compared(study) == whole


@pytest.mark.parametrize(
    ("material", "message"),
    [
        ({"split": "train"}, "no documents in split 'train'"),
        ({"sample": 7}, "A sample of 7 documents cannot be drawn from 6"),
        ({"chosen": ["m1", "m9"]}, "no document 'm9'"),
        ({"chosen": ["m1"], "sample": 1}, "not both"),
        ({"pairs_per_document": 0}, "expected 1 or more"),
    ],
)
def test_material_that_makes_no_study_is_named(dataset, systems, material, message):
    with pytest.raises(StudySetupError, match=message):
        make(dataset, systems, **material)
    assert not Study.objects.exists()


def test_a_study_is_not_named_like_the_page_that_makes_one(dataset, systems):
    with pytest.raises(StudySetupError, match="cannot be named 'new'"):
        make(dataset, systems, slug="new")


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
@pytest.mark.parametrize("name", ["seed", "pairs_per_document"])
def test_a_number_that_no_column_holds_is_refused(dataset, systems, name, number):
    with pytest.raises(StudySetupError, match=f"is {number}; expected 0 to 2147483647"):
        make(dataset, systems, **{name: number})


def test_an_anchor_is_one_of_the_systems(dataset, systems):
    with pytest.raises(StudySetupError, match="none of the study's systems"):
        make(dataset, systems[:2], anchor=systems[3])
    with pytest.raises(StudySetupError, match="not both"):
        make(dataset, systems, anchor=systems[0], pairs_per_document=1)


# ---- changes


def entries(study):
    return [(e.action, e.subject, e.before, e.after) for e in study.audit_entries.order_by("pk")]


def test_making_and_opening_a_draft_is_recorded(dataset, systems):
    owner = UserFactory(username="ada")
    study = setup.create_study("s", dataset, systems, draft=True, created_by=owner)
    assert next_assignment(AnnotatorFactory(study=study)) is None
    setup.change_status(study, "open", owner)
    assert next_assignment(AnnotatorFactory(study=study))
    assert entries(study) == [("created", "", None, "draft"), ("status", "", "draft", "open")]
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"ada"}
    assert study.memberships.get().role == "owner"


def test_a_closed_study_is_not_paused():
    study = make_study(status="closed")
    with pytest.raises(StudySetupError, match="cannot be changed to “Paused”"):
        setup.change_status(study, "pause", None)
    assert not study.audit_entries.exists()


@pytest.mark.parametrize(("status", "change"), [("open", "open"), ("paused", "pause"), ("closed", "close")])
def test_what_is_so_already_stays_without_an_entry(status, change):
    study = make_study(status=status)
    setup.change_status(study, change, None)
    assert Study.objects.get(pk=study.pk).status == status
    assert not study.audit_entries.exists()


def test_settings_change_and_are_recorded():
    study = make_study()
    changed = setup.change_settings(study, {"title": "New", "quota": 3, "open_link": False}, None)
    assert sorted(changed) == ["open_link", "title"]
    study.refresh_from_db()
    assert (study.title, study.open_link) == ("New", False)
    assert ("setting", "open_link", True, False) in entries(study)
    assert study.audit_entries.first().actor == "command line"


def test_a_higher_quota_gives_more_places():
    study = make_study(systems=2, documents=1, quota=1)
    vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    late = AnnotatorFactory(study=study)
    assert next_assignment(late) is None
    setup.change_settings(study, {"quota": 2}, None)
    assert next_assignment(late)


def test_a_quota_does_not_fall_below_what_is_rated():
    study = make_study(systems=2, documents=1, quota=3)
    for _ in range(2):
        vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    with pytest.raises(StudySetupError, match="a comparison has 2 already"):
        setup.change_settings(study, {"quota": 1, "title": "New"}, None)
    study.refresh_from_db()
    assert (study.quota, study.title) == (3, study.slug)
    setup.change_settings(study, {"quota": 2}, None)
    assert set(study.comparisons.values_list("quota", flat=True)) == {2}


def test_what_people_may_answer_is_fixed_once_somebody_has_a_pair():
    study = make_study()
    setup.change_settings(study, {"allow_tie": False}, None)
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(StudySetupError, match="“Strength” cannot change any more"):
        setup.change_settings(study, {"strength": "optional"}, None)


def test_what_a_study_compares_never_changes():
    with pytest.raises(StudySetupError, match="instruction cannot be changed"):
        setup.change_settings(make_study(), {"instruction": "long"}, None)


def test_sampling_changes_while_people_rate_and_is_recorded():
    study = make_study()
    next_assignment(AnnotatorFactory(study=study))
    assert setup.change_settings(study, {"sampling": "adaptive", "epsilon": 0.5}, None) == ["sampling", "epsilon"]
    assert entries(study) == [("setting", "sampling", "even", "adaptive"), ("setting", "epsilon", "0.2", "0.5")]


def test_the_pages_ask_for_it_and_show_it():
    study, browser = make_study(), researcher()
    form = SettingsForm(instance=study, rated=False)
    asked = {name: value for name, value in form.initial.items() if value is not None}
    page = reverse("study-settings", args=[study.slug])
    assert browser.post(page, asked | {"sampling": "adaptive", "epsilon": "2"}).status_code == 400
    assert browser.post(page, asked | {"sampling": "adaptive", "epsilon": "0.25"}).status_code == 302
    assert "share drawn evenly: 0.25" in browser.get(study.get_absolute_url()).content.decode()


def test_chosen_documents_are_of_the_split(dataset, systems):
    dataset.documents.filter(external_id="m1").update(split="test")
    with pytest.raises(StudySetupError, match="no document 'm2' in split 'test'"):
        make(dataset, systems, split="test", chosen=["m1", "m2"])
    assert {one for one, *_ in compared(make(dataset, systems, split="test", chosen=["m1"]))} == {"m1"}


def test_documents_are_chosen_one_a_line_by_ids_with_spaces(dataset, systems):
    dataset.documents.filter(external_id="m1").update(external_id="Board meeting 1")
    asked = asked_for(dataset, systems, chosen="  Board meeting 1\r\n\r\nm4\r\n")
    assert researcher().post(reverse("new-study"), asked).status_code == 302
    assert {document for document, *_ in compared(Study.objects.get(slug="s"))} == {"Board meeting 1", "m4"}


def test_a_new_study_can_be_adaptive(dataset, systems):
    asked = asked_for(dataset, systems, sampling="adaptive", epsilon="0.4")
    assert researcher().post(reverse("new-study"), asked).status_code == 302
    study = Study.objects.get(slug="s")
    assert (study.sampling, study.epsilon, study.pair_tallies.count()) == ("adaptive", 0.4, 6)


@pytest.mark.parametrize("epsilon", [0, -1, 1.5])
def test_a_share_that_leaves_pairs_without_a_chance_is_refused(epsilon):
    study = make_study(sampling="adaptive")
    with pytest.raises(StudySetupError, match="share drawn evenly"):
        setup.change_settings(study, {"epsilon": epsilon}, None)
    assert entries(study) == []


def test_the_share_of_a_new_study_is_that_of_the_published_rule():
    assert make_study().epsilon == EPSILON


# ---- the margin of small against large


def asked_for(dataset, systems, **changes):
    values = {"title": "T", "slug": "s", "dataset": dataset.name, "instruction": "medium", "criteria": ["overall"]}
    values |= {"systems": [system.slug for system in systems], "quota": 2, "seed": 0, "comments": "optional"}
    values |= {"break_minutes": 0, "sampling": "even", "epsilon": "0.2", "strength": "off"}
    return values | changes


@pytest.mark.parametrize(("given", "stored"), [("5", 0.05), ("2.5", 0.025), ("", None)])
def test_the_margin_is_fixed_with_the_study(dataset, systems, given, stored):
    assert researcher().post(reverse("new-study"), asked_for(dataset, systems, margin=given)).status_code == 302
    assert Study.objects.get(slug="s").noninferiority_margin == stored


@pytest.mark.parametrize("given", ["0", "-5", "50", "five"])
def test_a_margin_that_is_none_is_refused(dataset, systems, given):
    assert researcher().post(reverse("new-study"), asked_for(dataset, systems, margin=given)).status_code == 400
    assert not Study.objects.filter(slug="s").exists()


def test_the_margin_never_changes(dataset, systems):
    study = make(dataset, systems)
    assert study.noninferiority_margin == 0.05
    with pytest.raises(StudySetupError, match="noninferiority_margin cannot be changed"):
        setup.change_settings(study, {"noninferiority_margin": 0.2}, None)
    with pytest.raises(StudySetupError, match="The margin is 50 points"):
        setup.create_study("t", dataset, systems, margin=0.5)


# ---- dates


def test_rating_begins_and_ends_with_the_dates():
    now = timezone.now()
    study = make_study(opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2))
    annotator = AnnotatorFactory(study=study)
    assert next_assignment(annotator) is None
    assert has_work(annotator)
    assert next_assignment(annotator, now=now + timedelta(minutes=61))
    assert next_assignment(annotator, now=now + timedelta(hours=3)) is None
    Study.objects.update(opens_at=None, closes_at=now)
    annotator.study.refresh_from_db()
    assert not has_work(annotator)


def test_a_vote_after_the_end_is_refused():
    study = make_study()
    assignment = next_assignment(AnnotatorFactory(study=study))
    assignment.annotator.study.closes_at = timezone.now()
    with pytest.raises(RefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "study_not_open"


def test_the_end_comes_after_the_beginning():
    now = timezone.now()
    with pytest.raises(StudySetupError, match="end of rating is before its beginning"):
        setup.change_settings(make_study(opens_at=now), {"closes_at": now - timedelta(days=1)}, None)


def test_the_page_says_that_the_end_has_passed_though_the_study_is_open():
    study, browser, said = make_study(), researcher(), "Nobody can rate: the end of rating has passed."
    for days, status, shown in ((1, "open", False), (-1, "open", True), (-1, "closed", False)):
        Study.objects.update(closes_at=timezone.now() + timedelta(days=days), status=status)
        assert (said in browser.get(study.get_absolute_url()).content.decode()) is shown
    again = browser.post(reverse("change-study-status", args=[study.slug]), {"change": "open"}, follow=True)
    assert said in again.content.decode()


def settings_page(study, **changes):
    """What the page answers to its own values but for these."""
    form = SettingsForm(instance=study, rated=False)
    asked = {name: value for name, value in form.initial.items() if value is not None}
    return researcher().post(reverse("study-settings", args=[study.slug]), asked | changes)


def test_the_page_says_which_date_is_wrong():
    answer = settings_page(make_study(), opens_at="2030-01-02T00:00", closes_at="2030-01-01T00:00")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "The end of rating is before its beginning." in page
    assert "Constraint" not in page


def test_a_break_comes_within_a_day():
    study = make_study()
    assert settings_page(study, break_minutes=24 * 60 + 1).status_code == 400
    assert settings_page(study, break_minutes=24 * 60).status_code == 302


def test_saving_an_older_page_keeps_what_somebody_else_changed_meanwhile():
    study, browser = make_study(guidelines="Read.\nTwice."), researcher()
    address = reverse("study-settings", args=[study.slug])
    fields = browser.get(address).context["form"]
    opened = {bound.html_initial_name: bound.value() for bound in fields} | {f.html_name: f.value() for f in fields}
    opened = {name: value for name, value in opened.items() if value is not None and value is not False}
    setup.change_settings(Study.objects.get(), {"quota": 7, "open_link": False}, None)
    assert browser.post(address, opened | {"title": "Another"}).status_code == 302
    study.refresh_from_db()
    assert (study.title, study.quota, study.open_link) == ("Another", 7, False)
    assert list(study.audit_entries.filter(actor="researcher").values_list("subject", flat=True)) == ["title"]


# ---- questions


def test_own_questions_come_after_those_of_the_library(dataset, systems):
    own = setup.own_criteria("tone | Which keeps the tone? | Formal or not.\n\n owner|Which names owners?\n")
    study = setup.create_study("s", dataset, systems, criteria=("fluency",), own_criteria=own)
    assert list(study.criteria.values_list("key", "question", "help_text"))[1:] == [
        ("tone", "Which keeps the tone?", "Formal or not."),
        ("owner", "Which names owners?", ""),
    ]
    assert setup.own_criteria("tone | Which? | Either | or.")[0].help_text == "Either | or."
    assert study.criteria.first().key == "fluency"


@pytest.mark.parametrize("line", ["tone", "a b | Which?", " | Which?", f"tone | {'x' * 201}"])
def test_a_line_that_is_no_question_is_named(dataset, systems, line):
    with pytest.raises(StudySetupError, match="no question of your own"):
        setup.create_study("s", dataset, systems, own_criteria=setup.own_criteria(line))


def test_a_name_is_used_once(dataset, systems):
    with pytest.raises(StudySetupError, match="each one once"):
        setup.create_study("s", dataset, systems, own_criteria=setup.own_criteria("overall | Which?"))


def test_own_questions_alone_are_enough(dataset, systems):
    own = setup.own_criteria("tone | Which keeps the tone?")
    assert setup.create_study("s", dataset, systems, criteria=(), own_criteria=own).criteria.get().key == "tone"
