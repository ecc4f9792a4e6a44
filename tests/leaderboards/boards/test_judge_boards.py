"""Boards of a judge's verdicts: apart from people's, and saying whose they are."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from annotations.models import Study
from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import Verdict
from leaderboards.data.filters import Filters, UnknownFilterError
from leaderboards.data.inputs import gather_inputs
from leaderboards.snapshots.boards import get_board
from models_runner.adapters.registry import unload_all
from models_runner.models import Summary
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study, system_slugs
from tests.people import researcher

pytestmark = pytest.mark.django_db
STRICT = "judge:strict"


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_judged_study()


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def make_judged_study():
    """People prefer the first system, the judge the last: its texts hold the word that it looks for."""
    made = make_rated_study(systems=3, documents=8, prefer=0)
    best = system_slugs(made)[2]
    Summary.objects.filter(run__system__slug=best).update(text="The golden one.")
    first, second = "Summary A:\n<<<\nThe golden", "Summary B:\n<<<\nThe golden"
    said = {first: '{"verdict": "A"}', second: '{"verdict": "B"}'}
    engine = {"said": said, "default": '{"verdict": "C"}'}
    asking = judge("strict", adapter="scripted", context_window=4096, engine=engine, reasoning=False)
    job = start_judging(asking, made, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    unload_all()
    return made


def board_of(study, **filters):
    return get_board(study, study.criteria.get(), filters=Filters(**filters))


def test_a_board_is_of_people_or_of_a_judge_and_says_so(study):
    people, strict = board_of(study), board_of(study, source=STRICT)
    slugs = system_slugs(study)
    assert people["systems"][0]["system"] == slugs[0]
    assert strict["systems"][0]["system"] == slugs[2]
    assert "source" not in people
    assert strict["source"] == STRICT
    assert "judge strict" in strict["title"]
    assert any("No person's vote is among them" in warning for warning in strict["warnings"])
    assert (people["votes"], strict["votes"]) == (48, 24)


def test_one_judge_is_enough_for_figures_and_intervals_come_from_documents(study):
    board = board_of(study, source=STRICT)
    assert board["too_few"] == ""
    # Ties among the others are the same on every document; who wins every pair has no upper limit.
    assert all(line["too_few"] == "too few to say: 16 votes of at least 20" for line in board["systems"])
    inputs = gather_inputs(study, study.criteria.get(), filters=Filters(source=STRICT))
    assert inputs.annotators == ["strict"]
    assert set(inputs.arrays.annotator.tolist()) == {0}


def test_a_new_verdict_makes_the_board_anew(study):
    before = board_of(study, source=STRICT)
    Verdict.objects.filter(comparison=study.comparisons.first()).delete()
    after = board_of(study, source=STRICT)
    assert after["votes"] == before["votes"] - 1
    assert after["fingerprint"] != before["fingerprint"]
    assert board_of(study)["votes"] == 48


def test_documents_can_be_left_out_and_people_cannot(study):
    document = study.dataset.documents.first()
    type(document).objects.filter(pk=document.pk).update(language="zh")
    board = board_of(study, source=STRICT, language="zh")
    assert (board["votes"], board["votes_unfiltered"]) == (3, 24)
    for name, value in {"judges": "human", "raters": "unflagged", "group": "open", "weights": "chance"}.items():
        with pytest.raises(UnknownFilterError, match="nothing together with source=judge:strict"):
            Filters(source=STRICT, **{name: value})


def printed(study, **options):
    out = StringIO()
    call_command("leaderboard", study.slug, stdout=out, **options)
    return out.getvalue()


def test_the_command_takes_a_source(study):
    assert json.loads(printed(study, format="json"))["source"] == "people"
    strict = json.loads(printed(study, format="json", source=STRICT))
    assert strict["source"] == STRICT
    assert "24 verdicts of judge strict on 8 documents" in printed(study, source=STRICT)
    for source in ("judge:nobody", "judge:", "everybody", "judge:" + "x" * 300):
        with pytest.raises(CommandError, match="source"):
            printed(study, source=source)


def test_the_page_is_of_a_judge_only_where_it_says_so(study):
    client = researcher()
    address = reverse("board", args=[study.slug])
    page = client.get(address).content.decode()
    assert "verdicts of judge strict" in page
    assert ": judge strict</h1>" not in page
    page = client.get(address, {"source": STRICT}).content.decode()
    assert f"{study.title}: judge strict</h1>" in page
    assert "No person's vote is among these verdicts." in page
    assert "<dt>Verdicts</dt><dd>24</dd>" in page
    table = client.get(reverse("board-table", args=[study.slug, "csv"]), {"source": STRICT})
    assert "judge-strict.csv" in table["Content-Disposition"]
    assert client.get(reverse("board-json", args=[study.slug]), {"source": STRICT}).json()["source"] == STRICT


@pytest.mark.parametrize("name", ["trust", "report", "small-versus-large", "planning", "combined", "figures"])
def test_other_pages_know_people_alone(study, name):
    address = reverse(name, args=[study.slug])
    assert researcher().get(address, {"source": STRICT}).status_code == 400
    votes = reverse("board-ratings", args=[study.slug, "csv"])
    assert researcher().get(votes, {"source": STRICT}).status_code == 400


def test_a_judge_that_the_study_does_not_have_is_refused(study):
    answer = researcher().get(reverse("board", args=[study.slug]), {"source": "judge:nobody"})
    assert answer.status_code == 400
