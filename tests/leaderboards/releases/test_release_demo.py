"""The study of `make run`, rated, released, and its board computed again by somebody with numpy alone."""

import json
import random

import pytest

from annotations.people.joining import join
from annotations.rating.assignment import next_assignment
from evalsite.sample import INSTRUCTION, SYSTEMS, load_sample
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of
from leaderboards.releases.publishing import Draft
from models_runner.models import Run, ScoringJob, System
from models_runner.runs.generation import work_on_run
from models_runner.runs.lifecycle import request_scores
from models_runner.runs.scoring import work_on_scoring_job
from tests.annotations.helpers import vote_on
from tests.leaderboards.releases.making import reproduce

pytestmark = pytest.mark.django_db

WORKER = "host:1:1:1"


@pytest.fixture(autouse=True)
def _by_hand(tmp_path, settings, monkeypatch):
    """No worker is told: each job is done here, in its turn."""
    settings.DATA_DIR = tmp_path / "site"
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def write_summaries(metrics):
    for run in Run.objects.order_by("pk"):
        work_on_run(run.pk, owner=WORKER)
        request_scores(run, metrics)
    for job in ScoringJob.objects.filter(metric__in=metrics):
        work_on_scoring_job(job.pk, owner=WORKER)


def rate(study):
    """Three people, who prefer by taste and chance; the last one stops half-way."""
    rng = random.Random(1)
    for person in range(3):
        annotator, rated = join(study), 0
        while (person < 2 or rated < 20) and (assignment := next_assignment(annotator)):
            for criterion in study.criteria.all():
                choice = rng.choice(("left", "left", "right", "tie", "both_bad"))
                vote_on(assignment, choice, criterion=criterion.key)
            rated += 1


def released(study):
    release = publishing.write_files(publishing.create_draft(study, Draft(), None))
    publishing.publish(release)
    return folder_of(release)


def check(folder, metrics):
    board = json.loads((folder / "board.json").read_text())
    assert set(board["criteria"]) == {"overall", "informativeness"}
    for made in board["criteria"].values():
        assert made["votes"] == 140
        lines = made["systems"]
        assert {line["system"] for line in lines} == set(SYSTEMS)
        assert all(line["rating_lower"] < line["rating"] < line["rating_upper"] for line in lines)
        assert all(line["metrics"][name] is not None for line in lines for name in metrics)
    done = reproduce(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    # 2 questions x 4 systems x (7 figures and 6 metrics)
    assert "104 numbers compared, 0 differ." in done.stdout


def test_the_demo_study_is_reproduced_with_numpy_alone():
    """With its own meetings, both baselines, and fixed texts in place of what the weights would write in minutes."""
    study = load_sample(None)
    texts = {
        "smollm2-135m-instruct": "The team met about {document_id}. They agreed on what to do next.",
        "smollm2-135m-minutes": "Minutes of {document_id}: decisions were taken.",
    }
    for slug, text in texts.items():
        System.objects.filter(slug=slug).update(adapter="scripted", engine={"default": text})
    write_summaries(("rouge", "length"))
    rate(study)
    assert set(Run.objects.values_list("status", "instruction")) == {("done", INSTRUCTION)}
    check(released(study), ("rouge1", "rougeLsum", "words"))
