"""A real small model judges: it is held to the form, reads each transcript once, and its figures say how bad it is."""

import pytest

from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import Answer
from judges.report.figures import judge_report
from models_runner.adapters.registry import unload_all
from models_runner.models import Summary, Transcript
from tests.factories import make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study, system_slugs
from tests.models_runner.adapters.openai_api.test_adapter_openai import serving
from tests.models_runner.checkpoints import saved_decoder

pytestmark = [pytest.mark.django_db, pytest.mark.weights, pytest.mark.once]
TURNS = [
    {"speaker": ("Maya", "Leo")[n % 2], "content": f"Point {n}: we ship the checkout on Friday."} for n in range(14)
]


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def test_a_small_model_judges_in_the_form_and_is_seen_to_be_no_judge():
    study = make_rated_study(systems=2, documents=2)
    good, bad = system_slugs(study)
    Transcript.objects.update(turns=TURNS)
    Summary.objects.filter(run__system__slug=good).update(text="The checkout ships on Friday.")
    Summary.objects.filter(run__system__slug=bad).update(text="Somebody bought a horse in spring.")
    asking = judge("small", system="smollm2-135m-instruct", reasoning=False, rubric="library")
    job = start_judging(asking, study, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    job.refresh_from_db()
    assert job.status == "done"
    rows = list(job.verdicts.in_order())
    assert len(rows) == 4
    # The grammar leaves it no other answer.
    assert {row.answer for row in rows} <= {Answer.A, Answer.B, Answer.TIE, Answer.BOTH_BAD}
    assert all(row.raw.startswith("{") for row in rows)
    # Of each two questions about a document, the second one finds the transcript read.
    transcript = rows[0].prompt_tokens / 2
    assert all(second.cached_tokens > transcript for second in rows[1::2])
    report = judge_report(asking, study.criteria.get())
    assert report["no_verdict"] == 0
    # People prefer the true summary on every pair; a model of this size does not see which one it is.
    assert report["human_agreement"]["value"] == 1
    assert report["accuracy_where_people_agree"]["upper"] < 1


def test_transformers_serve_judges_and_words_that_are_no_verdict_count_for_nothing(tmp_path_factory):
    from transformers import LlamaConfig

    weights = saved_decoder(tmp_path_factory.mktemp("tiny"), LlamaConfig, max_position_embeddings=2048)
    study = make_study(systems=2, documents=2)
    with serving(weights, tmp_path_factory) as url:
        engine = {"base_url": url, "tokenizer": weights}
        asking = judge(
            "served", adapter="openai", model_id=weights, context_window=1024, engine=engine, answer_tokens=8
        )
        job = start_judging(asking, study, Asked())
        work_on_judging(job.pk, owner="here/1:1:1:1")
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("done", "")
    rows = list(job.verdicts.in_order())
    assert len(rows) == 4
    # Random weights write words of their vocabulary: stored as they came, and no verdict.
    assert {row.answer for row in rows} == {Answer.NONE}
    assert all(row.raw and row.problem for row in rows)
    assert all(row.prompt_tokens > 50 and row.output_tokens == 8 for row in rows)
    report = judge_report(asking, study.criteria.get())
    assert (report["pairs"], report["no_verdict"]) == (0, 4)
    assert report["states"] == ["No answer holds a verdict."]
