import pytest
from django.core.management import CommandError, call_command

from annotations.models import Study
from annotations.rating.assignment import next_assignment
from annotations.studies import progress, setup
from models_runner.models import Run
from models_runner.runs.signals import summaries_saved
from models_runner.systems import catalog
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import (
    AnnotatorFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    SummaryFactory,
    SystemFactory,
    make_study,
)

pytestmark = pytest.mark.django_db


def finished_runs(dataset, systems, documents):
    runs = [RunFactory(dataset=dataset, status=Run.Status.DONE) for _ in range(systems)]
    for document in documents:
        for run in runs:
            SummaryFactory(run=run, document=document)
    return runs


def test_every_pair_of_finished_summaries_becomes_a_comparison():
    dataset = DatasetFactory()
    runs = finished_runs(dataset, 3, DocumentFactory.create_batch(2, dataset=dataset))
    study = setup.create_study("s", dataset, [run.system for run in runs])
    assert study.comparisons.count() == 6
    assert progress.study_progress(study) == progress.StudyCompletion(comparisons=6, places=18, rated=0)


def test_pairs_under_way_and_gold_are_no_ratings():
    study = make_study(systems=2, documents=4, quota=2)
    annotator = AnnotatorFactory(study=study)
    vote_on(next_assignment(annotator), "left")
    make_gold(study.comparisons.filter(taken=0).first())
    assert next_assignment(annotator) is not None
    assert progress.study_progress(study) == progress.StudyCompletion(comparisons=3, places=6, rated=1)
    assert progress.rated_counts([annotator]) == {annotator.pk: 1}


def test_comparisons_appear_as_runs_finish():
    dataset = DatasetFactory()
    document = DocumentFactory(dataset=dataset)
    first = finished_runs(dataset, 1, [document])[0]
    late = SystemFactory()
    study = setup.create_study("s", dataset, [first.system, late])
    assert study.comparisons.count() == 0
    run = RunFactory(system=late, dataset=dataset)
    SummaryFactory(run=run, document=document)
    for _ in range(2):  # told twice, added once
        summaries_saved.send(sender=Run, run=run)
    assert study.comparisons.count() == 1


def test_an_empty_summary_is_not_compared():
    dataset = DatasetFactory()
    document = DocumentFactory(dataset=dataset)
    runs = finished_runs(dataset, 2, [])
    SummaryFactory(run=runs[0], document=document)
    SummaryFactory(run=runs[1], document=document, text="", stop_reason="empty")
    study = setup.create_study("s", dataset, [run.system for run in runs])
    assert study.comparisons.count() == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"slug": "a b"}, "not a valid name for a study"),
        ({"slug": "taken"}, "exists"),
        ({"systems": 1}, "at least 2 systems"),
        ({"criteria": ("beauty",)}, "Unknown criterion 'beauty'"),
        ({"criteria": ()}, "at least one criterion"),
        ({"criteria": ("overall", "overall")}, "each one once"),
        ({"quota": 0}, "at least 1 annotator"),
        ({"sampling": "clever"}, "Known: even, question, adaptive"),
        ({"epsilon": 0}, "more than 0 and at most 1"),
        ({"epsilon": 1.5}, "evenly is 1.5; expected"),
        ({"epsilon": float("nan")}, "more than 0 and at most 1"),
        ({"options": setup.RatingOptions(break_minutes=-1)}, "expected 0 or more"),
    ],
)
def test_settings_that_make_no_study_are_named(wrong, message):
    systems = SystemFactory.create_batch(wrong.pop("systems", 2))
    slug = wrong.pop("slug", "s")
    dataset = DatasetFactory()
    setup.create_study("taken", dataset, SystemFactory.create_batch(2))
    with pytest.raises(setup.StudySetupError, match=message):
        setup.create_study(slug, dataset, systems, **wrong)
    assert Study.objects.count() == 1


def test_the_command_opens_a_study_and_prints_the_link(capsys):
    dataset = DatasetFactory(name="meetings")
    DocumentFactory(dataset=dataset)
    call_command("create_study", "demo", dataset="meetings", systems="lead-3,lexrank", criteria="overall,fluency")
    out = capsys.readouterr().out
    assert "/join/" in out
    assert "generate --dataset meetings --system lexrank" in out
    assert list(Study.objects.get().criteria.values_list("key", flat=True)) == ["overall", "fluency"]


def test_the_command_names_unknown_things():
    DatasetFactory(name="meetings")
    with pytest.raises(CommandError, match=r"no dataset 'x'. Known datasets: meetings"):
        call_command("create_study", "demo", dataset="x", systems="lead-3,lexrank")
    with pytest.raises(CommandError) as unknown:
        call_command("create_study", "demo", dataset="meetings", systems="lead-3,gpt")
    assert str(unknown.value) == f"There is no system 'gpt'. Known systems: {', '.join(sorted(catalog.entries()))}."


@pytest.mark.parametrize(
    ("given", "strength"), [([], "off"), (["--strength"], "required"), (["--strength", "optional"], "optional")]
)
def test_strength_alone_is_required(given, strength):
    DocumentFactory(dataset=DatasetFactory(name="meetings"))
    call_command("create_study", "demo", "--dataset", "meetings", "--systems", "lead-3,lexrank", *given)
    assert Study.objects.get().strength == strength


def test_the_command_sets_what_annotators_may_answer(tmp_path):
    guidelines = tmp_path / "guidelines.md"
    guidelines.write_text("Read *all* of it.")
    DocumentFactory(dataset=DatasetFactory(name="meetings"))
    asked = {
        "draft": True,
        "anchor": "lexrank",
        "sample": 1,
        "seed": 3,
        "no_tie": True,
        "strength": "optional",
        "comments": "required",
        "break_minutes": 30,
        "sampling": "adaptive",
        "epsilon": 0.5,
    }
    asked |= {"guidelines": guidelines, "question": ["tone | Which keeps the tone?"]}
    call_command("create_study", "demo", dataset="meetings", systems="lead-3,lexrank", **asked)
    study = Study.objects.get()
    assert (study.allow_tie, study.allow_both_bad, study.strength) == (False, True, "optional")
    assert (study.comments, study.break_minutes) == ("required", 30)
    assert (study.sampling, study.epsilon) == ("adaptive", 0.5)
    assert (study.guidelines, study.criteria.last().key) == ("Read *all* of it.", "tone")
    assert (study.status, study.anchor.slug, study.documents.count()) == ("draft", "lexrank", 1)
