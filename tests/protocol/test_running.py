"""Running a protocol: what the database does not have is done, once; a study that is another one is left alone."""

import shutil
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from django.utils import translation

from annotations.models import AuditEntry, Study
from annotations.people.joining import join
from annotations.rating.assignment import next_assignment
from annotations.studies.pair_generation import build_comparisons
from annotations.studies.settings import change_settings
from annotations.studies.work_forecast import long_in_words
from models_runner.datasets.changes import delete_unused
from models_runner.models import Dataset, Document, FineTuning, ImportedSource, InstructionText, Run, Summary, System
from models_runner.runs.lifecycle import cancel_run
from protocol.file.reading import read_protocol
from protocol.file.writing import as_text, without_comments
from protocol.models import ProtocolRecord
from protocol.running.disk import DiskNeed
from protocol.running.plan import DONE, STOPS, TO_DO, make_plan
from protocol.running.plan_text import plan_lines
from protocol.running.run import begin, steps_of
from protocol.running.work import DiffersError, StepError, only_one
from protocol.study.contents import dataset_content
from protocol.study.export import protocol_of, protocol_text
from tests.annotations.helpers import vote_on
from tests.factories import UserFactory
from tests.protocol.files import MEETINGS, protocol_of_data, small, text_of, with_meetings, work_in

pytestmark = pytest.mark.django_db

TABLES = (Dataset, Document, System, InstructionText, ImportedSource, Study, Run, Summary, ProtocolRecord, AuditEntry)


def counts():
    return {table.__name__: table.objects.count() for table in TABLES}


@pytest.fixture
def folder(tmp_path):
    return with_meetings(tmp_path)


def test_everything_is_made_once(folder):
    said = []
    work = work_in(folder, by=UserFactory())
    begin(work.__class__(**{**vars(work), "say": said.append}))
    assert len(said) == 8
    first = counts()
    assert first["Document"] == 3
    assert first["Summary"] == 9
    begin(work.__class__(**{**vars(work), "say": said.append}))
    assert (counts(), len(said)) == (first, 8)
    study = Study.objects.get()
    assert (study.slug, study.quota, study.noninferiority_margin) == ("small", 2, 0.05)
    assert study.memberships.get().role == "owner"


def test_the_file_is_exported_as_it_was_run(folder):
    own = {"key": "tone", "question": "Which tone?", "help": "Listen."}
    changes = {
        "about": "A study.",
        "instructions": {"short": {"en": "Say it in a line."}},
        "study__criteria": [own, "overall"],
        "study__documents": {"sample": 2},
        "study__seed": 5,
        "study__pairs": {"anchor": "lexrank"},
        "study__consent": "I agree.\n\nReally.",
        "study__questions_before": ["choice | How often? | never; always", "scale | Tired? | 1-5; no; very"],
        "study__opens_at": "2026-01-01T10:00:00+01:00",
        "study__completion_code": "C0DE",
        "study__sampling": "adaptive",
        "study__epsilon": 0.5,
        "study__strength": "required",
        "study__annotator_title": "Which?",
        "study__gold_every": 5,
        "study__open_link": False,
        "study__draft": True,
        "analysis__small_system": "lexrank",
        "analysis__large_system": "lead-3",
        "analysis__looks": [40, 80, 120],
        "analysis__look_spending": "pocock",
        "analysis__exclusion": "Whoever fails two checks.",
        "analysis__stopping": "When all pairs are full.",
    }
    study = begin(work_in(folder, **changes))
    assert without_comments(protocol_text(study)) == as_text(protocol_of_data(**changes))
    study.refresh_from_db()
    assert (study.status, study.consent_version, study.which_documents) == ("draft", 1, "sample")
    assert study.pair_named_at is not None


@pytest.mark.parametrize(
    "documents", [{"split": "a"}, {"split": "a", "sample": 1}, {"sample": 2}, {"chosen": ["standup"]}, {}]
)
def test_the_choice_of_documents_is_told_without_a_record(tmp_path, documents):
    lines = [
        f'{{"id": "{name}", "split": "{split}", "transcript": "A: one two {name}"}}'
        for name, split in (("standup", "a"), ("budget", "a"), ("retro", "b"))
    ]
    (tmp_path / "meetings").mkdir()
    (tmp_path / "meetings" / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    study = begin(work_in(tmp_path, study__documents=documents, study__seed=3))
    ProtocolRecord.objects.all().delete()
    assert protocol_of(study).study.documents.model_dump(exclude_defaults=True) == documents


def test_a_study_without_a_record_is_exported_with_fingerprints(folder):
    study = begin(work_in(folder))
    ProtocolRecord.objects.all().delete()
    ImportedSource.objects.all().delete()
    protocol = protocol_of(study)
    assert protocol.datasets["m"].content == dataset_content(study.dataset).digest
    assert not protocol.datasets["m"].sources
    assert read_protocol(as_text(protocol)) == protocol
    assert "Where the files of m lay is not known here" in protocol_text(study)
    begin(work_in(folder).__class__(protocol, folder))  # everything is there


def test_where_files_lay_is_known_from_another_study_of_the_dataset(folder):
    begin(work_in(folder))
    other = begin(work_in(folder, study__slug="other"))
    ProtocolRecord.objects.all().delete()
    assert protocol_of(other).datasets["m"].sources[0].path == "meetings"


def test_other_texts_than_the_file_says_are_not_imported(folder):
    wrong = small()
    wrong["datasets"]["m"]["content"] = "sha256:" + "0" * 64
    work = work_in(folder).__class__(read_protocol(text_of(wrong)), folder)
    with pytest.raises(StepError, match="holds other texts than the protocol says"):
        begin(work)
    assert not Document.objects.exists()
    assert not ImportedSource.objects.exists()


def test_files_that_moved_are_not_read_again_and_new_ones_are(folder):
    begin(work_in(folder))
    (folder / "elsewhere").mkdir()
    shutil.move(folder / "meetings", folder / "elsewhere" / "meetings")
    moved = small()
    moved["datasets"]["m"]["sources"][0]["path"] = "elsewhere/meetings"
    work = work_in(folder).__class__(read_protocol(text_of(moved)), folder)
    study = begin(work)
    assert ImportedSource.objects.count() == 1
    assert protocol_of(study).datasets["m"].sources[0].path == "elsewhere/meetings"
    shutil.copyfile(sorted(MEETINGS.glob("*"))[3], folder / "elsewhere" / "meetings" / "fourth.jsonl")
    begin(work)
    assert (Document.objects.count(), Summary.objects.count()) == (4, 12)


def test_a_study_that_differs_stops_the_run_and_stays(folder):
    study = begin(work_in(folder))
    change_settings(study, {"quota": 4}, None)
    before = counts()
    with pytest.raises(DiffersError, match=r"study\.quota: the file has 2, the study 4"):
        begin(work_in(folder))
    assert counts() == before
    assert Study.objects.get().quota == 4


def test_update_changes_what_the_page_settings_would(folder):
    begin(work_in(folder))
    begin(work_in(folder, update=True, study__quota=3, study__title="Named", analysis__small_system="lexrank"))
    study = Study.objects.get()
    assert (study.quota, study.title, study.small_system.slug) == (3, "Named", "lexrank")
    named = {"analysis__small_system": "lexrank", "analysis__large_system": "lead-3", "analysis__looks": [40, 80]}
    begin(work_in(folder, update=True, study__quota=3, study__title="Named", **named))
    assert Study.objects.get().look_votes == [40, 80]
    with pytest.raises(DiffersError, match=r"analysis\.looks: the file has —, the study 40, 80"):
        begin(work_in(folder, study__quota=3, study__title="Named", **named | {"analysis__looks": []}))
    with pytest.raises(DiffersError, match=r"analysis\.margin"):
        begin(work_in(folder, update=True, study__quota=4, study__title="Named", analysis__margin=0.1))
    assert Study.objects.get().quota == 3


def test_looks_at_dates_come_back_and_change_as_settings_do(folder):
    dates = ["2027-03-01T18:00:00+01:00", "2027-03-08T17:00:00Z"]
    named = {"analysis__small_system": "lexrank", "analysis__large_system": "lead-3"}
    planned = named | {"analysis__look_dates": dates, "analysis__look_maximum": 400}
    study = begin(work_in(folder, **planned))
    assert study.look_dates == ["2027-03-01T17:00:00Z", "2027-03-08T17:00:00Z"]
    assert (study.look_maximum, study.look_votes) == (400, None)
    assert without_comments(protocol_text(study)) == as_text(protocol_of_data(**planned))
    begin(work_in(folder, update=True, **named | {"analysis__looks": [40, 80]}))
    study = Study.objects.get()
    assert (study.look_votes, study.look_dates, study.look_maximum) == ([40, 80], None, None)
    begin(work_in(folder, update=True, **planned | {"analysis__look_maximum": 300}))
    study = Study.objects.get()
    assert (study.look_votes, len(study.look_dates), study.look_maximum) == (None, 2, 300)


def rated(study):
    """A study of this protocol with a vote."""
    for run in Run.objects.all():
        run.summaries.update(status="done", text="A text.", stop_reason="end", dropped_tokens=0)
    build_comparisons(study)
    vote_on(next_assignment(join(study)), "left")


def test_the_words_of_a_plan_can_change_until_the_first_vote(folder):
    study = begin(work_in(folder))
    begin(work_in(folder, analysis__exclusion="Nobody."))
    assert ProtocolRecord.objects.count() == 2
    rated(study)
    with pytest.raises(DiffersError, match=r"analysis\.exclusion"):
        begin(work_in(folder, analysis__exclusion="Whoever preferred the other."))
    text = protocol_text(study)
    assert "before the first vote" in text
    assert "Changed after" not in text
    change_settings(study, {"title": "Later"}, None)
    assert "Changed after the first vote: title." in protocol_text(study)


def test_a_plan_written_down_after_the_first_vote_says_so(folder):
    study = begin(work_in(folder))
    ProtocolRecord.objects.all().delete()
    rated(study)
    assert "It is not on record in these words" in protocol_text(study)
    begin(work_in(folder))
    assert ", after the first vote" in protocol_text(study)


def test_another_system_or_run_under_the_name_stops_the_run(folder):
    System.objects.create(slug="lexrank", name="Mine", adapter="extractive", regime="baseline")
    with pytest.raises(StepError, match="Another system is named lexrank here"):
        begin(work_in(folder))
    System.objects.filter(slug="lexrank").delete()
    begin(work_in(folder))
    with pytest.raises(DiffersError, match=r"instructions\.short\.en"):
        begin(work_in(folder, instructions={"short": {"en": "Other words."}}))


def test_what_is_there_can_be_kept_as_it_is(folder):
    System.objects.create(slug="lexrank", name="Mine", adapter="extractive", regime="baseline")
    begin(work_in(folder, keep=True))
    begin(work_in(folder, keep=True, study__quota=9, instructions={"short": {"en": "Other words."}}))
    assert Study.objects.get().quota == 2
    assert System.objects.get(slug="lexrank").name == "Mine"


def test_cancelled_runs_stay_cancelled_until_asked(folder):
    begin(work_in(folder))
    cancel_run(Run.objects.first())
    begin(work_in(folder))
    assert Summary.objects.filter(status="cancelled").count() == 3
    begin(work_in(folder, retry=True))
    assert not Summary.objects.filter(status="cancelled").exists()


def test_fine_tunings_come_after_their_base_and_before_the_study(folder):
    tuned = {"tuned": {"base": "base", "dataset": "m", "settings": {"epochs": 3, "rank": 8}}}
    base = {"name": "B", "adapter": "transformers", "regime": "zero-shot", "model_id": "/nowhere/at/all"}
    protocol = protocol_of_data(systems__base=base, finetunings=tuned, study__systems=["tuned", "lexrank"])
    titles = [step.title for step in steps_of(protocol)]
    assert titles.index("system base") < titles.index("fine-tuning tuned") < titles.index("study small")
    assert "epochs" not in as_text(protocol)
    with pytest.raises(StepError, match="Fine-tuning tuned"):
        begin(work_in(folder, systems__base=base, finetunings=tuned, study__systems=["tuned", "lexrank"]))
    assert not FineTuning.objects.exists()


def test_a_plan_changes_nothing_and_says_what_a_run_would_take(folder):
    before = counts()
    plan = make_plan(work_in(folder))
    assert counts() == before
    assert {step.status for step in plan.steps} == {TO_DO}
    assert (plan.datasets[0].documents, plan.people.pairs, plan.people.ratings) == (3, 9, 18)
    assert [run.summaries for run in plan.runs] == [3, 3, 3]
    begin(work_in(folder))
    plan = make_plan(work_in(folder))
    assert {step.status for step in plan.steps} == {DONE}
    assert plan.as_json()["total"]["calls"] == 0
    text = "\n".join(plan_lines(plan))
    assert "8 of 8 are done" in text
    assert "18 votes" in text


def model(**changes):
    return {
        "name": "Far", "adapter": "openai", "regime": "zero-shot", "model_id": "m", "context_window": 4096,
        "decoding": {"max_tokens": 100}, "engine": {"base_url": "http://127.0.0.1:9/v1"},
    } | changes  # fmt: skip


def test_a_plan_counts_calls_tokens_and_price_where_they_are_known(folder):
    far = model(price={"input": 1.0, "output": 10.0})
    plan = make_plan(work_in(folder, systems__far=far, study__systems=["far", "lexrank"]))
    run = next(run for run in plan.runs if run.system == "far")
    assert (run.estimate.calls, run.estimate.output_tokens) == (3, 300)
    assert run.estimate.dollars == pytest.approx(run.estimate.prompt_tokens / 1e6 + 300 * 10 / 1e6)
    assert (run.estimate.hours, run.estimate.reasons["hours"]) == (None, "no summary of it was measured yet")
    unpriced = make_plan(work_in(folder, systems__far=model(), study__systems=["far", "lexrank"]))
    assert unpriced.total("dollars") is None
    assert "no price on its record (far)" in "\n".join(plan_lines(unpriced))


def test_a_plan_counts_what_batches_cost(folder):
    prices = {"input": 1.0, "output": 10.0, "batch": 0.4}
    batched = model(price=prices, engine=model()["engine"] | {"batch": True, "preset": "openai"})
    plan = make_plan(work_in(folder, systems__far=batched, study__systems=["far", "lexrank"]))
    run = next(run for run in plan.runs if run.system == "far")
    assert run.estimate.dollars == pytest.approx(0.4 * (run.estimate.prompt_tokens / 1e6 + 300 * 10 / 1e6))


def test_a_plan_says_where_a_run_would_stop(tmp_path):
    plan = make_plan(work_in(tmp_path, systems__far=model(engine={}), study__systems=["far", "lexrank"]))
    stops = {step.title: step.reason for step in plan.steps if step.status == STOPS}
    assert "There is no" in stops["dataset m from meetings"]
    assert "It needs: an endpoint" in stops["run of far on m (short)"]
    assert plan.people.hours is None


def test_one_process_at_a_time_runs_a_study():
    with only_one("small"), pytest.raises(StepError, match="is being run already"), only_one("small"):
        pass


def test_a_source_row_does_not_keep_an_unused_dataset(folder):
    begin(work_in(folder))
    Study.objects.all().delete()
    Run.objects.all().delete()
    delete_unused(Dataset.objects.get())
    assert not ImportedSource.objects.exists()


def test_a_protocol_on_record_never_changes(folder):
    begin(work_in(folder))
    with pytest.raises(DatabaseError, match="protocol_record_is_append_only"), transaction.atomic():
        ProtocolRecord.objects.update(recorded_by="somebody")


@pytest.mark.parametrize("empty", ["text", "sha256", "plan_sha256"])
def test_a_record_is_whole(folder, empty):
    study = begin(work_in(folder))
    values = {"text": "x", "sha256": "x", "plan_sha256": "x", "recorded_by": "x"} | {empty: ""}
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtocolRecord.objects.create(study=study, **values)


def test_a_source_is_there_once(folder):
    begin(work_in(folder))
    row = ImportedSource.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportedSource.objects.create(dataset=row.dataset, kind=row.kind, recipe={}, key=row.key)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportedSource.objects.create(dataset=row.dataset, kind="other", recipe={}, key="x")


def test_the_commands(folder, capsys):
    file = folder / "small.yaml"
    file.write_text(text_of(small()), encoding="utf-8")
    call_command("protocol", "check", file)
    call_command("protocol", "run", file, "--yes", "--no-wait")
    call_command("protocol", "diff", file)
    assert "Nothing differs." in capsys.readouterr().out
    call_command("protocol", "export", "small", "--output", folder / "again.yaml")
    call_command("protocol", "check", file, "--canonical")
    assert without_comments((folder / "again.yaml").read_text()) in capsys.readouterr().out
    call_command("protocol", "plan", file, "--json")
    assert '"study": "small"' in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no study 'nothing'"):
        call_command("protocol", "export", "nothing")
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        call_command("protocol", "run", file, "--yes", "--owner", "nobody")


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.75, "45 minutes"), (20, "20 hours"), (93.3, "4 days (93 hours)"), (2_400, "100 days (2,400 hours)")],
)
def test_a_long_time_is_said_in_days(hours, words):
    with translation.override("en"):
        assert long_in_words(3600 * hours) == words


@pytest.mark.parametrize(
    ("need", "free", "said"),
    [
        (DiskNeed(0, 0, 0, []), 10**9, "Disk: none; 1.0 GB are free."),
        (DiskNeed(0, 0, 3_100, []), None, "Disk: about 4 kB (documents 4 kB)."),
        (
            DiskNeed(2 * 10**9, 0, 10**6, ["far"]),
            10**10,
            "Disk: about 2.0 GB (weights 2.0 GB, documents 1 MB); not known for the weights of far; 10.0 GB are free.",
        ),
        (DiskNeed(0, 0, 0, ["far"]), None, "Disk: not known for the weights of far."),
    ],
)
def test_the_disk_is_said_as_far_as_it_is_known(folder, need, free, said):
    plan = replace(make_plan(work_in(folder)), disk=need, free_bytes=free)
    with translation.override("en"):
        assert said in list(plan_lines(plan))
