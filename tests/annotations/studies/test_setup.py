"""What a study compares, and what may change when."""

import tracemalloc

import pytest
from django.urls import reverse

from annotations.models import AuditEntry, Study
from annotations.rating.assignment import next_assignment
from annotations.studies import pair_generation, setup
from annotations.studies.settings import change_settings, change_status
from annotations.studies.setup import StudyScope, StudySetupError
from stats.decisions.sampling import EPSILON
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


def make(dataset, systems, slug="s", **scope):
    return setup.create_study(slug, dataset, systems, scope=StudyScope(**scope))


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


def test_systems_without_a_text_are_not_paired_for_each_document(dataset, systems, monkeypatch):
    """As in files of arenas: very many systems, and each conversation has the answers of two."""
    others = [RunFactory(dataset=dataset).system for _ in range(6)]
    late = DocumentFactory(dataset=dataset, external_id="late", position=9)
    for system in (others[5], systems[2]):
        SummaryFactory(run=system.runs.get(dataset=dataset), document=late)
    asked = []
    wanted = pair_generation.wanted_pairs
    monkeypatch.setattr(
        pair_generation, "wanted_pairs", lambda study, among, *of: asked.append(len(among)) or wanted(study, among, *of)
    )
    monkeypatch.setattr(pair_generation, "AT_ONCE", 4)
    study = make(dataset, [*systems, *others])
    assert sorted(asked) == [2, *[4] * 6]
    pairs = compared(study)
    assert len(pairs) == 6 * 6 + 1
    assert ("late", *sorted((others[5].slug, systems[2].slug))) in pairs
    assert pair_generation.build_comparisons(study) == 0


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"split": "train"}, "no documents in split 'train'"),
        ({"sample": 7}, "A sample of 7 documents cannot be drawn from 6"),
        ({"chosen": ["m1", "m9"]}, "no document 'm9'"),
        ({"chosen": ["m1"], "sample": 1}, "not both"),
        ({"pairs_per_document": 0}, "expected 1 or more"),
    ],
)
def test_a_scope_that_makes_no_study_is_named(dataset, systems, scope, message):
    with pytest.raises(StudySetupError, match=message):
        make(dataset, systems, **scope)
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
    with pytest.raises(StudySetupError, match="not one of the study's systems"):
        make(dataset, systems[:2], anchor=systems[3])
    with pytest.raises(StudySetupError, match="not both"):
        make(dataset, systems, anchor=systems[0], pairs_per_document=1)


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
    assert (study.sampling, study.epsilon, study.pair_tallies.count()) == ("adaptive", 0.4, 0)


def test_the_share_of_a_new_study_is_that_of_the_published_rule():
    assert make_study().epsilon == EPSILON


def test_making_and_opening_a_draft_is_recorded(dataset, systems):
    owner = UserFactory(username="ada")
    study = setup.create_study("s", dataset, systems, draft=True, created_by=owner)
    assert next_assignment(AnnotatorFactory(study=study)) is None
    change_status(study, "open", owner)
    assert next_assignment(AnnotatorFactory(study=study))
    entries = study.audit_entries.order_by("pk")
    assert list(entries.values_list("action", "subject", "before", "after")) == [
        ("created", "", None, "draft"),
        ("status", "", "draft", "open"),
    ]
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"ada"}
    assert study.memberships.get().role == "owner"


# ---- the margin of small against large


def asked_for(dataset, systems, **changes):
    values = {"title": "T", "slug": "s", "dataset": dataset.name, "instruction": "medium", "criteria": ["overall"]}
    values |= {"systems": [system.slug for system in systems], "quota": 2, "seed": 0, "comments": "optional"}
    values |= {
        "break_minutes": 0,
        "sampling": "even",
        "epsilon": "0.2",
        "strength": "off",
        "summary_format": "rendered",
        "ask_marks": "off",
    }
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
        change_settings(study, {"noninferiority_margin": 0.2}, None)
    with pytest.raises(StudySetupError, match="The margin is 50 points"):
        setup.create_study("t", dataset, systems, margin=0.5)


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
    with pytest.raises(StudySetupError, match="is not a question"):
        setup.create_study("s", dataset, systems, own_criteria=setup.own_criteria(line))


def test_a_name_is_used_once(dataset, systems):
    with pytest.raises(StudySetupError, match="each one once"):
        setup.create_study("s", dataset, systems, own_criteria=setup.own_criteria("overall | Which?"))


def test_own_questions_alone_are_enough(dataset, systems):
    own = setup.own_criteria("tone | Which keeps the tone?")
    assert setup.create_study("s", dataset, systems, criteria=(), own_criteria=own).criteria.get().key == "tone"


@pytest.mark.parametrize("title", ["", "\u200b", "\u3164\u00a0"])
def test_a_study_whose_title_nobody_sees_is_called_by_its_name(dataset, systems, title):
    study = setup.create_study("plain", dataset, systems, title=title, annotator_title=title)
    assert study.title == "plain"
    assert study.annotator_title == Study._meta.get_field("annotator_title").default


def test_a_pair_that_is_there_takes_little_memory(monkeypatch):
    """All of them at once took 350 bytes a pair, 650 MB of a million whenever a run ended."""
    monkeypatch.setattr(pair_generation, "READ_AT_ONCE", 300)
    peaks, systems = [], 12
    for documents in (20, 80):
        study = make_study(systems=systems, documents=documents)
        tracemalloc.start()
        assert pair_generation.build_comparisons(study) == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 60 * systems * (systems - 1) // 2 * 150
