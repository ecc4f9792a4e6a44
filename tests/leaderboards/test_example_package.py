"""The package in docs/examples, installed as anybody's: its metric and its adapter are on a board like the site's own."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.utils import translation

from leaderboards.boards.build import make_board
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.tables import as_csv
from models_runner.adapters.registry import load_adapter, unload_all
from models_runner.metrics import declared
from models_runner.models import Run, Score, System
from models_runner.runs import generation, lifecycle, scoring
from models_runner.runs.exports import summary_rows
from models_runner.systems import catalog
from tests.api.helpers import program
from tests.factories import make_study
from tests.leaderboards.helpers import build_board, score, summaries_of, system_slugs
from tests.packages import METRIC, look_again, packages  # noqa: F401 (a fixture)
from tests.people import administrator

pytestmark = pytest.mark.django_db

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "package"
OWNER = "host:1:1:1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The package as pip installs it, without a network."""
    target = tmp_path_factory.mktemp("site-packages")
    source = tmp_path_factory.mktemp("source") / "package"
    # Copied, because setuptools leaves its work beside what it builds.
    source.mkdir()
    for path in EXAMPLE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(EXAMPLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, source], check=True)
    return target


@pytest.fixture
def installed(folder, monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    monkeypatch.syspath_prepend(str(folder))
    look_again()
    yield
    monkeypatch.undo()
    for name in [name for name in sys.modules if name.startswith("punchweight_example")]:
        del sys.modules[name]
    unload_all()
    look_again()


@pytest.fixture
def study(installed):
    """A study of two systems and the package's, each with summaries, all scored by the package's metric."""
    made = make_study(systems=2, documents=3)
    catalog.add_systems(
        {"turns": {"name": "Longest turns", "adapter": "longest-turns", "regime": "baseline", "engine": {"words": 4}}}
    )
    system = System.objects.get(slug="turns")
    run = lifecycle.start_run(system, made.dataset, instruction=made.instruction)
    generation.work_on_run(run.pk, owner=OWNER)
    made.systems.add(system)
    for run in Run.objects.filter(dataset=made.dataset):
        (job,) = lifecycle.request_scores(run, ("speakers",))
        scoring.work_on_scoring_job(job.pk, owner=OWNER)
    return made


def test_its_adapter_writes_and_its_metric_scores_what_was_written(study):
    written = summaries_of(study, "turns")
    assert written[0].text == "Leo said: The payment tests still. Maya said: We ship the checkout."
    assert set(Score.objects.filter(summary__in=written).values_list("name", "value")) == {("speakers_named", 1.0)}
    assert Score.objects.count() == 9


def test_a_board_has_a_column_for_it(study):
    board = build_board(study, study.criteria.first())
    by_system = {line["system"]: line["speakers_named"] for line in board["systems"]}
    assert by_system["turns"] == 1.0
    assert (
        as_csv(board)
        .splitlines()[0]
        .endswith(
            "bertscore_f1,words,speakers_named,seconds,parameters,part,rank_best,rank_worst,all_lower,all_upper,iid_lower,"
            "iid_upper,notes,too_few"
        )
    )


def test_the_page_of_the_board_names_it_in_both_languages(study):
    client = administrator()
    page = client.get(f"/boards/{study.slug}/")
    assert page.status_code == 200
    assert ">Speakers named</a>" in page.content.decode()
    sorted_page = client.get(f"/boards/{study.slug}/?sort=-speakers_named").content.decode()
    assert 'data-key="speakers_named" class="number" aria-sort="descending"' in sorted_page
    chinese = client.get(f"/boards/{study.slug}/", headers={"Accept-Language": "zh-hans"})
    assert ">提到的发言人</a>" in chinese.content.decode()


def test_analyses_exports_and_programs_take_it(study):
    out = StringIO()
    call_command("analyse", study.slug, format="json", stdout=out)
    analysed = json.loads(out.getvalue())
    assert {row["name"]: row["direction"] for row in analysed["metrics"]}["speakers_named"] == "higher"
    assert "speakers_named" in [row["metric"] for row in analysed["criteria"][0]["metrics"]]
    assert {row["scores"]["speakers_named"] for row in summary_rows(study.dataset) if row["system"] == "turns"} == {1.0}
    answer = program().get("/metrics").json()
    assert answer["items"][-1] == {
        "name": "speakers_named",
        "metric": "speakers",
        "label": "Speakers named",
        "unit": "share",
        "direction": "higher",
        "range": [0, 1],
        "needs": ["transcript"],
        "help": "Share of the speakers whom the summary names.",
    }
    assert answer["problems"] == []


def test_small_versus_large_and_the_combined_index_can_take_it(study):
    client = administrator()
    pareto = client.get(f"/boards/{study.slug}/small-versus-large/?quality=speakers_named").content.decode()
    assert '<option value="speakers_named" selected>Speakers named</option>' in pareto
    combined = client.get(f"/boards/{study.slug}/combined/?w_speakers_named=1")
    assert combined.status_code == 200
    index = client.get(f"/boards/{study.slug}/combined/combined.json?w_speakers_named=1").json()["index"]
    assert index["weights"] == {"speakers_named": 1.0}
    assert index["systems"][0]["system"] == "turns"


def test_score_names_it(study):
    with pytest.raises(CommandError, match=r"Known metrics: rouge, .*speakers"):
        call_command("score", dataset=study.dataset.name, metrics="bleu")
    call_command("score", dataset=study.dataset.name, metrics="speakers,length", stdout=StringIO())


def test_without_the_package_its_systems_say_what_they_lack(study, monkeypatch):
    from models_runner.systems.readiness import system_needs

    monkeypatch.undo()
    for name in [name for name in sys.modules if name.startswith("punchweight_example")]:
        del sys.modules[name]
    look_again()
    needs = system_needs(System.objects.get(slug="turns"))
    assert needs == "the package that has the adapter 'longest-turns', which is not installed here."
    board = build_board(study, study.criteria.first())
    assert "speakers_named" not in board["systems"][0]


# ---- packages that are broken, and values of which lower ones are better


def test_a_broken_package_takes_nothing_from_the_site(packages, db):  # noqa: F811
    packages("broken-one", "raise RuntimeError('no GPU')", metrics=[("mine", "Metric")], adapters=[("ours", "Adapter")])
    study = make_study(systems=2)
    client = administrator()
    assert client.get(f"/boards/{study.slug}/").status_code == 200
    assert client.get("/systems/").status_code == 200
    assert client.get("/new-system/?adapter=ours").status_code == 200
    reason = '"mine" of package broken-one 1.0 cannot be used: RuntimeError: no GPU'
    assert program().get("/metrics").json()["problems"] == [reason]
    assert reason in [message.msg for message in run_checks()]
    with pytest.raises(CommandError, match="no GPU"):
        call_command("score", dataset=study.dataset.name, metrics="mine")
    System.objects.create(slug="s", name="S", adapter="ours", regime="baseline")
    from models_runner.systems.readiness import system_needs

    assert "RuntimeError: no GPU" in system_needs(System.objects.get(slug="s"))
    from models_runner.adapters.protocol import AdapterError, SystemSpec

    with pytest.raises(AdapterError, match="no GPU"):
        load_adapter("ours", SystemSpec(slug="s"))


@pytest.fixture
def with_slips(packages, db):  # noqa: F811
    """A study whose first system by slug has the fewest slips, of which fewer are better."""
    packages("one", METRIC, metrics=[("mine", "Metric")])
    made = make_study(systems=3, documents=4)
    for slips, slug in enumerate(system_slugs(made)):
        score(summaries_of(made, slug), "slips", [float(slips)] * 4, metric="mine", signature="slips|1")
    return made


def test_fewer_slips_are_better_in_the_combined_index(with_slips):
    answer = administrator().get(f"/boards/{with_slips.slug}/combined/combined.json?w_slips=1").json()
    assert [row["system"] for row in answer["index"]["systems"]] == system_slugs(with_slips)


def test_fewer_slips_are_better_on_the_front(with_slips):
    from leaderboards.presentation.charts.pareto import Costs, pareto_chart

    lines = [
        {
            "system": name,
            "regime": "zero-shot",
            "size_class": "mid",
            "cost": 1.0 + i,
            "cost_reason": "",
            "quality": float(i),
        }
        | {"lower": None, "upper": None, "quality_reason": "", "interval_reason": ""}
        for i, name in enumerate("abc")
    ]
    fewer = pareto_chart(lines, "Slips", Costs("price", "Price"), lower_is_better=True)
    more = pareto_chart(lines, "Slips", Costs("price", "Price"))
    assert [row[-1] for row in fewer.rows] == ["yes", "no", "no"]
    assert [row[-1] for row in more.rows] == ["yes", "yes", "yes"]


def test_agreement_with_votes_is_that_of_fewer_slips(packages):  # noqa: F811
    from leaderboards.boards.analysis.analyse import compute_trust
    from tests.leaderboards.helpers import make_rated_study

    packages("one", METRIC, metrics=[("mine", "Metric")])
    study = make_rated_study(systems=3, annotators=3)
    for slips, slug in enumerate(system_slugs(study)):
        score(summaries_of(study, slug), "slips", [float(slips)] * 4, metric="mine", signature="slips|1")
    trust = compute_trust(gather_inputs(study, study.criteria.first()))
    (row,) = [row for row in trust["metrics"] if row["metric"] == "slips"]
    assert row["system"]["kendall"]["value"] > 0
    assert min(point["metric"] for point in row["points"]) == 0.0  # shown as they are


def test_a_boards_line_takes_no_name_that_a_package_may_use(with_slips):
    board = make_board(gather_inputs(with_slips, with_slips.criteria.first()), 0)
    fields = set(board["systems"][0])
    assert fields - set(declared.declared_values()) <= declared.TAKEN


def test_a_packages_own_words_are_in_its_languages(installed):
    with translation.override("zh-hans"):
        assert declared.label_of("speakers_named") == "提到的发言人"
    assert declared.label_of("speakers_named") == "Speakers named"
