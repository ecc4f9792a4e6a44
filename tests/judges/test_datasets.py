"""Judges asked about a dataset, without a study; and about chosen pairs."""

import itertools
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from judges.judging.chosen import ChosenPairsError, read_chosen
from judges.judging.lifecycle import Asked, JudgingError, start_judging, start_judging_dataset
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, Verdict
from judges.report.figures import dataset_report
from models_runner.adapters.registry import unload_all
from models_runner.datasets.changes import KeptError, delete_unused
from models_runner.models import Run, Summary
from tests.factories import DatasetFactory, make_study
from tests.judges.files import judge
from tests.judges.test_judging import OWNER, ask, scripted
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def dataset_of(**options):
    return make_study(**options).dataset


def ask_dataset(dataset, asking, **options):
    instruction = options.pop("instruction", "")
    job = start_judging_dataset(asking, dataset, Asked(**options), instruction=instruction)
    work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    return job


def test_all_systems_with_summaries_are_compared_in_both_orders_without_a_study():
    dataset = dataset_of(systems=3, documents=2)
    job = ask_dataset(dataset, scripted(samples=2, rubric="library"), criteria=["overall", "fluency"])
    assert job.status == "done"
    rows = set(job.verdicts.values_list("criterion_key", "document", "summary_a", "summary_b", "shown_first", "sample"))
    units = [
        (document.pk, *sorted(pair))
        for document in dataset.documents.all()
        for pair in itertools.combinations(document.summaries.values_list("pk", flat=True), 2)
    ]
    expected = {
        (key, *unit, first, sample)
        for key, unit, first, sample in itertools.product(("overall", "fluency"), units, "ab", (0, 1))
    }
    assert rows == expected
    assert not job.verdicts.exclude(study=None).exists()


def test_an_answer_is_about_the_pair_whatever_was_shown_first_and_is_exported_so():
    dataset = dataset_of(systems=2, documents=1)
    first = Summary.objects.order_by("pk").first()
    job = ask_dataset(dataset, scripted(engine={"said": {f"Summary A:\n<<<\n{first.text}": '{"verdict": "A"}'}}))
    assert set(job.verdicts.values_list("shown_first", "answer")) == {("a", "a"), ("b", "b")}


def test_a_judge_that_scores_is_asked_about_each_summary_once():
    dataset = dataset_of(systems=3, documents=2)
    job = ask_dataset(dataset, scripted(default='{"score": 4}', mode="score", reasoning=False))
    assert job.verdicts.count() == 6
    report = dataset_report(job, "overall")
    assert report["outcomes"] == {"tie": 6}


def test_asking_again_adds_only_what_is_new():
    dataset, asking = dataset_of(systems=2, documents=3), scripted(rubric="library")
    first = ask_dataset(dataset, asking, sample=1)
    given = set(first.verdicts.values_list("pk", "answered_at"))
    second = ask_dataset(dataset, asking, criteria=["overall", "coverage"])
    assert second.pk == first.pk
    assert second.verdicts.count() == 12
    assert given <= set(second.verdicts.values_list("pk", "answered_at"))


def test_several_instructions_must_be_told_apart():
    dataset = dataset_of(systems=2, documents=1)
    with pytest.raises(JudgingError, match="no summaries under 'long'; name one of: medium"):
        start_judging_dataset(scripted(), dataset, Asked(), instruction="long")
    Run.objects.filter(pk=Run.objects.first().pk).update(instruction="long")
    with pytest.raises(JudgingError, match="several instructions; name one of: long, medium"):
        start_judging_dataset(scripted("other"), dataset, Asked())
    with pytest.raises(JudgingError, match="has no pairs to judge"):
        start_judging_dataset(scripted("third"), dataset, Asked(), instruction="long")
    assert not JudgingJob.objects.exists()


def test_a_dataset_without_summaries_is_refused():
    with pytest.raises(JudgingError, match="No system has summarized dataset"):
        start_judging_dataset(scripted(), DatasetFactory(), Asked())


def test_the_report_says_what_the_judge_prefers_and_that_nobody_voted():
    dataset = dataset_of(systems=2, documents=4)
    report = dataset_report(ask_dataset(dataset, scripted()), "overall")
    assert report["first_position_share"]["value"] == 1
    assert report["states"] == ["It nearly always prefers the summary that is shown first, whatever the texts say."]
    assert report["may_stand_in"] is None
    assert report["agreement"]["value"] is None
    assert [row["judge"]["value"] for row in report["win_rates"]] == [0.5, 0.5]


def test_verdicts_on_a_dataset_are_exported_and_imported_into_a_study(tmp_path):
    study = make_study(systems=3, documents=2)
    ask_dataset(study.dataset, scripted("strict"))
    path = tmp_path / "verdicts.jsonl"
    call_command("export_verdicts", "--dataset", study.dataset.name, "--output", str(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 12
    # On this site the judge is asked itself; a file is of one that was asked elsewhere.
    path.write_text(path.read_text().replace('"strict"', '"elsewhere"'))
    call_command("import_verdicts", str(path), "--study", study.slug)
    assert Verdict.objects.filter(study=study).count() == 12
    again = tmp_path / "again.jsonl"
    call_command("export_verdicts", study.slug, "--output", str(again))
    assert sorted(again.read_text().splitlines()) == sorted(path.read_text().splitlines())


def test_the_command_asks_about_a_dataset_and_reports_it(capsys):
    dataset = dataset_of(systems=2, documents=1)
    scripted("strict")
    call_command("judge", "--dataset", dataset.name, "--judge", "strict")
    job = JudgingJob.objects.get()
    work_on_judging(job.pk, owner=OWNER)
    capsys.readouterr()
    call_command("judge_report", "--dataset", dataset.name, "--judge", "strict", "--format", "json")
    assert json.loads(capsys.readouterr().out)["pairs"] == 1
    call_command("judge", "--dataset", dataset.name, "--judge", "strict", "--cancel")
    with pytest.raises(CommandError, match="Name a study, or a dataset"):
        call_command("judge", "--judge", "strict")
    with pytest.raises(CommandError, match="--instruction goes with --dataset"):
        call_command("judge", "a-study", "--judge", "strict", "--instruction", "long")
    with pytest.raises(CommandError, match="There is no dataset 'nowhere'"):
        call_command("judge", "--dataset", "nowhere", "--judge", "strict")
    with pytest.raises(CommandError, match="was not asked about 'fluency'; it was about overall"):
        call_command("judge_report", "--dataset", dataset.name, "--judge", "strict", "--criterion", "fluency")


def test_the_words_are_the_judges_or_the_projects():
    dataset = dataset_of(systems=2, documents=1)
    own = {"tone": {"en": "Which is kinder?", "zh": "哪份更友善？"}}
    job = ask_dataset(dataset, scripted("own", rubric=own))
    assert list(job.rubrics) == ["tone"]
    assert list(ask_dataset(dataset, scripted("plain")).rubrics) == ["overall"]
    with pytest.raises(Exception, match="has no rubric for fluency; it has tone"):
        start_judging_dataset(job.judge, dataset, Asked(["fluency"]))


def test_a_dataset_with_verdicts_is_kept():
    dataset = dataset_of(systems=2, documents=1)
    ask_dataset(dataset, scripted())
    with pytest.raises(KeptError):
        delete_unused(dataset)


WRONG = {
    "with a study": {"study": True},
    "without a criterion": {"criterion_key": ""},
    "one summary of the pair only": {"summary_b_id": None},
    "the same order twice": {},
    "a side that is none": {"shown_first": "c"},
    "a score of a pair": {"status": "done", "answer": "scored", "score": 1, "scale_min": 1, "scale_max": 5},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_database_refuses_a_verdict_that_is_of_nothing_or_of_both(wrong):
    study = make_study(systems=2, documents=1)
    job = start_judging_dataset(scripted(), study.dataset, Asked())
    row = Verdict.objects.filter(job=job).first()
    changes = dict(WRONG[wrong])
    if changes.pop("study", False):
        changes |= {"study_id": study.pk, "criterion_id": study.criteria.get().pk}
    values = {f.attname: getattr(row, f.attname) for f in Verdict._meta.concrete_fields if f.name != "id"} | changes
    if changes:
        values["sample"] = 7
    with pytest.raises(IntegrityError), transaction.atomic():
        Verdict.objects.create(**values)


def test_the_database_refuses_a_job_about_a_study_and_a_dataset():
    study = make_study(systems=2, documents=1)
    asking = scripted()
    for values in ({}, {"study": study, "dataset": study.dataset, "instruction": "medium"}, {"dataset": study.dataset}):
        with pytest.raises(IntegrityError), transaction.atomic():
            JudgingJob.objects.create(judge=asking, **values)


def named_pair(comparison):
    names = (comparison.summary_b.run.system.slug, comparison.summary_a.run.system.slug)
    return comparison.document.external_id, *names


def test_chosen_pairs_are_named_in_a_file(tmp_path):
    study = make_study(systems=3, documents=2)
    pair = study.comparisons.last()
    path = tmp_path / "pairs.csv"
    path.write_text("document_id,model_a,model_b\n" + ",".join(named_pair(pair)) + "\n")
    scripted("strict")
    call_command("judge", study.slug, "--judge", "strict", "--pairs", str(path))
    assert set(Verdict.objects.values_list("comparison", flat=True)) == {pair.pk}
    lines = json.dumps(dict(zip(("document_id", "model_a", "model_b"), named_pair(pair), strict=True)))
    chosen = read_chosen(lines)
    job = start_judging_dataset(scripted("other"), study.dataset, Asked(chosen=chosen))
    both = {(pair.summary_a_id, pair.summary_b_id)}
    assert set(job.verdicts.values_list("summary_a", "summary_b")) == both


WRONG_LISTS = {
    "": "The list holds no pair",
    "document_id,model_a,model_b\n": "The list holds no pair",
    "one,two": "line 1: expected document, first system, second system",
    "one,two,": "line 1: expected document",
    "d,s,s": "line 1: both systems are 's'",
    "{": "line 1 cannot be read as JSON",
    '{"document_id": 3, "model_a": "a", "model_b": "b"}': "line 1, field 'document_id'",
    '["a"]': "line 1: expected document",
}


@pytest.mark.parametrize("text", WRONG_LISTS)
def test_a_list_that_is_none_is_refused_by_its_line(text):
    with pytest.raises(ChosenPairsError, match=WRONG_LISTS[text]):
        read_chosen(text)


def test_a_chosen_pair_that_there_is_not_is_refused_by_its_line():
    study = make_study(systems=2, documents=1)
    document, a, b = named_pair(study.comparisons.get())
    for line, message in {
        f"nowhere,{a},{b}": "line 2: dataset .* has no document 'nowhere'",
        f"{document},{a},other": f"line 2: {study.slug} has no pair of {a} with other on document",
        f"{document},{a},{b},a query": "line 2: document .* has no query 'a query'",
    }.items():
        chosen = read_chosen(f"{document},{a},{b}\n{line}")
        with pytest.raises(JudgingError, match=message):
            start_judging(scripted(f"j{abs(hash(line))}"), study, Asked(chosen=chosen))
    assert not Verdict.objects.exists()


def test_pages_ask_about_a_dataset_and_show_what_was_said():
    dataset = dataset_of(systems=2, documents=2)
    client = researcher()
    address = reverse("dataset-judges", args=[dataset.name])
    assert "There is no judge that can be asked yet." in client.get(address).content.decode()
    judge("strict", engine={"default": '{"reason": "x", "verdict": "A"}'})
    form = {"judge": "strict", "criteria": ["overall"], "instruction": "medium"}
    refused = client.post(address + "ask", form | {"pairs": "one"})
    assert refused.status_code == 400
    assert "line 1: expected document" in refused.content.decode()
    assert client.post(address + "ask", form).status_code == 302
    job = JudgingJob.objects.get()
    work_on_judging(job.pk, owner=OWNER)
    assert "strict" in client.get(address).content.decode()
    text = client.get(reverse("dataset-judge", args=[dataset.name, job.pk])).content.decode()
    assert "Nobody votes on a dataset" in text
    assert "whatever the texts say" in text
    assert client.get(reverse("dataset-judge", args=[dataset.name, job.pk]), {"criterion": "x"}).status_code == 404
    assert client.get(reverse("dataset", args=[dataset.name])).content.decode().count(address) == 1


def test_the_page_of_a_study_takes_chosen_pairs():
    study = make_study(systems=3, documents=1)
    owner = researcher()
    pair = study.comparisons.first()
    judge("strict")
    values = {"judge": "strict", "criteria": ["overall"], "pairs": ", ".join(named_pair(pair))}
    assert owner.post(reverse("ask-judge", args=[study.slug]), values).status_code == 302
    assert set(Verdict.objects.values_list("comparison", flat=True)) == {pair.pk}


def test_the_page_draws_by_its_seed():
    study, client = make_study(systems=4, documents=3), researcher()
    drawn = []
    for name, seed in (("one", "5"), ("same", "5"), ("other", "6")):
        judge(name)
        values = {"judge": name, "criteria": ["overall"], "sample": "4", "seed": seed}
        assert client.post(reverse("ask-judge", args=[study.slug]), values).status_code == 302
        drawn.append(set(Verdict.objects.filter(judge__name=name).values_list("comparison", flat=True)))
    assert drawn[0] == drawn[1] != drawn[2]


def test_verdicts_of_a_study_and_of_its_dataset_stand_beside_each_other():
    study = make_study(systems=2, documents=1)
    asking = scripted()
    ask(study, asking)
    ask_dataset(study.dataset, asking)
    assert asking.jobs.count() == 2
    assert Verdict.objects.count() == 4
