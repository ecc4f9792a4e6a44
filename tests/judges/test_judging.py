"""Judging: what is asked, each question once, how answers are stored, and how it ends."""

import itertools
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from annotations.models import Judgement, SummaryEvidence
from jobs.models import MAX_ATTEMPTS
from jobs.workers import draining
from judges.judging import work
from judges.judging.lifecycle import Asked, cancel_judging, resume_judging, start_judging
from judges.judging.progress import progress_of
from judges.judging.sweeping import sweep_judging
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, Verdict
from models_runner.adapters.registry import unload_all
from models_runner.models import Summary
from tests.factories import ReferenceFactory, make_study
from tests.judges.files import judge
from tests.servers.endpoint import completion, endpoint

pytestmark = pytest.mark.django_db
OWNER = "here/1:1:1:1"


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def scripted(name="strict", default='{"reason": "x", "verdict": "A"}', price=None, engine=None, **values):
    model = {"adapter": "scripted", "context_window": 4096, "engine": {"default": default} | (engine or {})}
    return judge(name, **model, **({"price": price} if price else {}), **values)


def ask(study, asking, asked=None, **options):
    job = start_judging(asking, study, asked or Asked(**options))
    work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    return job


def test_every_pair_is_asked_in_both_orders_on_every_criterion():
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    job = ask(study, scripted(samples=2))
    rows = set(job.verdicts.values_list("criterion__key", "comparison", "shown_first", "sample", "status"))
    pairs = study.comparisons.values_list("pk", flat=True)
    expected = itertools.product(("overall", "fluency"), pairs, "ab", (0, 1), ("done",))
    assert rows == set(expected)
    assert job.status == "done"
    assert not Judgement.objects.exists()


def test_an_answer_is_about_the_pair_whatever_was_shown_first():
    job = ask(make_study(systems=2, documents=1), scripted())
    assert dict(job.verdicts.values_list("shown_first", "answer")) == {"a": "a", "b": "b"}
    assert set(job.verdicts.values_list("reason", flat=True)) == {"x"}


def test_a_judge_that_scores_is_asked_about_each_summary_once():
    study = make_study(systems=3, documents=2)
    job = ask(study, scripted(default='{"score": 4}', mode="score", reasoning=False))
    assert job.verdicts.count() == 6
    assert set(job.verdicts.values_list("answer", "score", "scale_min", "scale_max")) == {("scored", 4, 1, 5)}


def test_asking_again_adds_only_what_is_new():
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    asking = scripted()
    first = ask(study, asking, criteria=["overall"], sample=2, seed=3)
    chosen = set(first.verdicts.values_list("comparison", flat=True))
    assert len(chosen) == 2
    assert first.verdicts.count() == 4
    given = set(first.verdicts.values_list("pk", "answered_at"))
    second = ask(study, asking)
    assert second.pk == first.pk
    assert second.verdicts.count() == 24
    assert given <= set(second.verdicts.values_list("pk", "answered_at"))


def test_the_same_seed_draws_the_same_pairs():
    study = make_study(systems=4, documents=3)
    chosen = [
        set(ask(study, scripted(f"j{n}"), sample=4, seed=seed).verdicts.values_list("comparison", flat=True))
        for n, seed in enumerate((1, 1, 2))
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_chosen_pairs_alone():
    study = make_study(systems=3, documents=1)
    pair = study.comparisons.first()
    assert ask(study, scripted(), comparisons=[pair.pk]).verdicts.count() == 2


BAD_ANSWERS = {
    "I cannot compare these.": "holds no verdict",
    "Zusammenfassung A ist besser.": "holds no verdict",
    "": "answered nothing",
    '{"verdict": "A"}' + " and so on" * 100: "cut off at the limit of 20 tokens",
    '{"reason": "A was surely written by GPT-4.", "verdict": "A"}': "names gpt",
    '{"reason": "the-secret-one writes so.", "verdict": "B"}': "names the-secret-one",
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_what_is_no_verdict_is_kept_and_counts_for_nothing(answer):
    study = make_study(systems=2, documents=1)
    study.systems.filter(pk=study.systems.first().pk).update(slug="the-secret-one", name="The-secret-one")
    job = ask(study, scripted(default=answer, answer_tokens=20))
    assert job.status == "done"
    for row in job.verdicts.all():
        assert row.answer == "none"
        assert BAD_ANSWERS[answer].lower() in row.problem.lower()
        assert answer.startswith(row.raw[:20])
        assert (row.p_a, row.score) == (None, None)
    assert progress_of(job).no_verdict == 2


def test_reasons_with_characters_that_no_database_takes_are_stored():
    job = ask(make_study(systems=2, documents=1), scripted(default='{"reason": "a\\u0000b\\ud800", "verdict": "A"}'))
    assert set(job.verdicts.values_list("answer", flat=True)) == {"a", "b"}


def test_no_prompt_names_a_system_and_both_orders_are_shown():
    study = make_study(systems=2, documents=2)
    for n, system in enumerate(study.systems.all()):
        type(system).objects.filter(pk=system.pk).update(slug=f"secret-weight-{n}", name=f"Secret Weight {n}B")
    Summary.objects.filter(run__system__slug="secret-weight-0").update(text="Written by secret-weight-0: we ship.")
    answers = []

    def answer(body, headers):
        answers.append(body)
        return 200, {}, completion('{"reason": "x", "verdict": "A"}')

    with endpoint(answer) as server:
        asking = judge("far", adapter="openai", model_id="m", context_window=8000, engine={"base_url": server.url})
        job = ask(study, asking)
    assert job.status == "done"
    assert len(answers) == 8 // 2
    for body in answers:
        sent = json.dumps(body).lower()
        assert not [word for word in ("secret-weight", "secret weight", "system-0") if word in sent]
    texts = [body["messages"][-1]["content"] for body in answers]
    assert all("Written by […]: we ship." in text for text in texts)
    positions = [text.index("Written by") < text.index("Summary number") for text in texts]
    assert sorted(positions) == [False, False, True, True]
    # The questions about one document follow each other.
    assert [text[:40] for text in texts] == sorted([text[:40] for text in texts])


def test_reference_and_evidence_are_shown_where_the_judge_reads_them():
    study = make_study(systems=2, documents=1)
    document = study.comparisons.first().document
    ReferenceFactory(document=document, text="What a person wrote.")
    said = {"What a person wrote.": '{"verdict": "B"}'}
    plain = ask(study, scripted("plain", default='{"verdict": "A"}', engine={"said": said}))
    reading = ask(study, scripted("reading", default='{"verdict": "A"}', engine={"said": said}, reference=True))
    assert plain.verdicts.get(shown_first="a").answer == "a"
    assert reading.verdicts.get(shown_first="a").answer == "b"
    for summary in Summary.objects.all():
        spans = [{"start": 0, "end": 5, "turns": [{"number": 2, "score": 0.9}]}]
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature="evidence 1|test")
    marked = {"support it:\n<<<\nLeo: The payment tests": '{"verdict": "B"}'}
    seeing = scripted("seeing", default='{"verdict": "A"}', engine={"said": {}} | {"said": {}}, evidence=True)
    assert ask(study, seeing).verdicts.get(shown_first="a").answer == "a"
    marked = {"may support it:\n<<<\nLeo: The payment": '{"verdict": "B"}'}
    other = scripted("other", default='{"verdict": "A"}', engine={"said": marked}, evidence=True)
    assert ask(study, other).verdicts.get(shown_first="a").answer == "b"


def test_evidence_that_is_not_found_yet_is_waited_for():
    job = ask(make_study(systems=2, documents=1), scripted(evidence=True))
    assert set(job.verdicts.values_list("status", "failure_reason")) == {
        ("pending", "The turns that may support this summary are not found yet.")
    }
    assert job.status == "running"


def test_a_document_in_chinese_is_asked_about_in_chinese():
    study = make_study(systems=2, documents=1)
    study.dataset.documents.update(language="zh-CN")
    said = {"哪份摘要更好": '{"verdict": "B"}'}
    job = ask(study, scripted(default='{"verdict": "A"}', engine={"said": said}, rubric="library"))
    assert job.verdicts.get(shown_first="a").answer == "b"
    assert job.rubrics["overall"]["version"] == "1"


def test_the_words_of_a_question_stay_those_it_was_first_asked_in():
    study = make_study(systems=2, documents=1)
    asking = scripted()
    ask(study, asking)
    study.criteria.update(question="Another question?")
    with pytest.raises(CommandError, match="The words of overall have changed"):
        call_command("judge", study.slug, "--judge", asking.name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"--judge": "nobody"}, "There is no judge 'nobody'"),
        ({"--criteria": "taste"}, "has no criterion 'taste'"),
        ({"--sample": "0"}, "expected 1 or more"),
        ({"--limit": "1"}, "has no price on record"),
        ({"--limit": "nan"}, "expected US dollars"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, message):
    study = make_study(systems=2, documents=1)
    scripted()
    given = {"--judge": "strict"} | options
    with pytest.raises(CommandError, match=message):
        call_command("judge", study.slug, *itertools.chain(*given.items()))
    assert not Verdict.objects.exists()


def test_a_judge_without_weights_or_rubric_says_so():
    study = make_study(systems=2, documents=1, criteria=("taste",))
    judge("absent", adapter="llamacpp", model_id="/nowhere/model.gguf")
    scripted("unprepared", rubric="library")
    with pytest.raises(CommandError, match=r"Judge absent is not ready.*not on this machine"):
        call_command("judge", study.slug, "--judge", "absent")
    with pytest.raises(CommandError, match="has no rubric for taste"):
        call_command("judge", study.slug, "--judge", "unprepared")


def test_passing_faults_are_tried_again_and_others_end_with_their_reason(settings):
    settings.RETRY_SECONDS = 0
    study = make_study(systems=2, documents=1)
    job = ask(study, scripted(engine={"prompt_faults": ["transient", "error"]}))
    for _ in range(3):
        work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.failure_reason == "1 of 2 questions failed. First reason: a fault, as scripted"
    resume_judging(job)
    work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    assert job.status == "done"


def test_what_is_cancelled_stays_unanswered_until_it_goes_on():
    study = make_study(systems=2, documents=3)
    job = start_judging(scripted(), study, Asked())
    cancel_judging(job)
    assert work_on_judging(job.pk, owner=OWNER).endswith("has ended or is gone")
    assert set(job.verdicts.values_list("status", flat=True)) == {"cancelled"}
    resume_judging(job)
    work_on_judging(job.pk, owner=OWNER)
    assert job.verdicts.done().count() == 6


def test_nothing_is_asked_beyond_the_limit_of_cost():
    study = make_study(systems=2, documents=5)
    asking = scripted(price={"output": 1_000_000}, reasoning=False, default="A B C", engine={"batch_size": 4})
    job = ask(study, asking, cost_limit=14.0)
    assert job.status == "stopped"
    assert progress_of(job).dollars == 12
    assert progress_of(job).dollars_expected == 30
    assert "12.0000 US dollars are spent" in job.failure_reason
    resume_judging(job, cost_limit=30.0)
    work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    assert (job.status, progress_of(job).dollars) == ("done", 30)


def test_questions_of_a_dead_worker_are_freed_and_given_up_in_the_end():
    job = start_judging(scripted(), make_study(systems=2, documents=1), Asked())
    now = timezone.now()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        ids = Verdict.objects.claim_batch(
            job.pk, owner="elsewhere/1:1:1:1", count=9, now=now, lease=-timezone.timedelta(1)
        )
        assert len(ids) == 2
        assert sweep_judging().freed == 2
        assert Verdict.objects.filter(attempts=attempt).count() == 2
    assert "attempt 5 or later" in job.verdicts.first().failure_reason
    work_on_judging(job.pk, owner=OWNER)
    job.refresh_from_db()
    assert job.status == "failed"


@pytest.fixture
def answered():
    return ask(make_study(systems=2, documents=1), scripted()).verdicts.get(shown_first="a")


def test_an_answer_never_changes(answered):
    for change in ({"answer": "tie"}, {"status": "pending", "answer": ""}, {"reason": "other"}):
        with pytest.raises(DatabaseError, match="verdict_given_never_changes"), transaction.atomic():
            Verdict.objects.filter(pk=answered.pk).update(**change)


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"sample": 1, "shown_first": ""}, {"sample": 1, "comparison": None}, {"sample": 1, "answer": ""},
        {"sample": 1, "answer": "none"}, {"sample": 1, "answer": "scored"}, {"sample": 1, "score": 3.0},
        {"sample": 1, "p_a": 1.5}, {"sample": 1, "p_tie": -0.1}, {"sample": 1, "answer": "c"},
        {"sample": 1, "status": "pending"}, {"sample": 1, "owner": "x", "status": "running", "answer": ""},
    ],
)  # fmt: skip
def test_the_database_refuses_what_is_no_verdict(answered, wrong):
    answered.pk, answered._state.adding = None, True
    for field, value in wrong.items():
        setattr(answered, field, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        answered.save()


def test_a_score_lies_within_its_scale():
    row = ask(make_study(systems=2, documents=1), scripted(default="3", mode="score", reasoning=False)).verdicts.first()
    for values in ({"score": 6.0}, {"score": None}, {"scale_max": None}, {"sample": 0}):
        row.pk, row._state.adding, row.sample, row.score, row.scale_max = None, True, 7, 3.0, 5.0
        for field, value in values.items():
            setattr(row, field, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_one_job_asks_a_judge_about_a_study(answered):
    with pytest.raises(IntegrityError), transaction.atomic():
        JudgingJob.objects.create(judge=answered.judge, study=answered.study)


def test_questions_that_show_the_same_text_first_follow_each_other():
    study = make_study(systems=4, documents=2)
    job = start_judging(scripted(samples=2), study, Asked())
    rows = job.verdicts.in_order().select_related("comparison")
    shown = [
        (row.document_id, row.comparison.summary_a_id if row.shown_first == "a" else row.comparison.summary_b_id)
        for row in rows
    ]
    assert len(shown) == 2 * 6 * 2 * 2
    # Each of four texts stands first in one stretch of each document's questions.
    assert len(list(itertools.groupby(shown))) == 2 * 4


def test_an_ending_worker_stores_its_answers_and_leaves_the_rest(monkeypatch):
    asking = scripted()
    job = start_judging(asking, make_study(systems=3, documents=2), Asked())
    original = work.settle_answer

    def store(*arguments):
        monkeypatch.setattr(draining, "_ending", True)
        return original(*arguments)

    monkeypatch.setattr(work, "settle_answer", store)
    work_on_judging(job.pk, owner=OWNER)
    done = job.verdicts.filter(status="done").count()
    assert 1 <= done < job.verdicts.count()
    assert set(job.verdicts.exclude(status="done").values_list("status", "attempts")) == {("pending", 0)}
    monkeypatch.undo()
    work_on_judging(job.pk, owner=OWNER)
    assert set(job.verdicts.values_list("status", "attempts")) == {("done", 1)}
