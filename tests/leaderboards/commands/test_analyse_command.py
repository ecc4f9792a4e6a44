import json

import pytest
from django.core.management import CommandError, call_command

from leaderboards.boards.analysis import inputs, metrics
from leaderboards.boards.analysis.analyse import analyse
from leaderboards.data.inputs import gather_inputs
from tests.factories import make_study
from tests.leaderboards.analysed import make_scored_study
from tests.leaderboards.helpers import system_slugs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Nothing here is about how many are drawn."""
    monkeypatch.setattr(inputs, "RESAMPLES", 100)
    monkeypatch.setattr(metrics, "LEAST_RESAMPLES", 50)
    monkeypatch.setattr(metrics, "RESAMPLES", 50)


def printed(capsys, *args, **kwargs):
    call_command("analyse", *args, **kwargs)
    return capsys.readouterr().out


def test_json_has_every_criterion(capsys):
    study = make_scored_study(documents=3, criteria=("overall", "fluency"))
    found = json.loads(printed(capsys, study.slug, format="json"))
    assert found["study"] == study.slug
    assert found["criteria"] == [analyse(gather_inputs(study, criterion), 0) for criterion in study.criteria.all()]


def test_one_criterion_margin_and_opponent_can_be_named(capsys):
    study = make_scored_study(documents=2, criteria=("overall", "fluency"))
    slug = system_slugs(study)[1]
    text = printed(capsys, study.slug, "--criterion=fluency", "--format=json", "--margin=0.2", f"--against={slug}")
    (only,) = json.loads(text)["criteria"]
    assert only["criterion"] == "fluency"
    assert only["noninferiority"]["margin"] == 0.2
    assert only["significance"]["against"] == slug


def test_the_text_says_it_in_words_and_fits_a_terminal(capsys):
    study = make_scored_study(documents=6, unvoted=6)
    text = printed(capsys, study.slug)
    assert max(len(line) for line in text.splitlines()) <= 100
    for words in (
        "Krippendorff's alpha: 0.",
        "The left summary wins:",
        "bertscore_f1: — (not scored yet)",
        "checked by a refit",
        "the study has no small and large system",
        "36 comparisons on 6 documents without votes",
        "fingerprint",
    ):
        assert words in text


def test_nothing_yet_is_dashes_with_reasons(capsys):
    text = printed(capsys, make_study(systems=2).slug)
    assert text.count("— (no votes yet)") >= 3
    assert "nan" not in text.lower().split()


def test_it_goes_into_a_file(capsys, tmp_path):
    study = make_scored_study(documents=2)
    path = tmp_path / "analysis.json"
    assert f"Analysis written to {path}." in printed(capsys, study.slug, format="json", output=path)
    assert json.loads(path.read_text())["study"] == study.slug
    with pytest.raises(CommandError, match=r"Cannot write .*Choose a file you may write to"):
        call_command("analyse", study.slug, output=tmp_path)


def test_unknown_names_are_answered_with_the_known_ones():
    study = make_study(slug="meetings", systems=2, criteria=("fluency", "coverage"))
    with pytest.raises(CommandError, match=r"no study 'x'. Known studies: meetings\."):
        call_command("analyse", "x")
    with pytest.raises(CommandError, match=r"no criterion 'overall'. Known criteria: fluency, coverage\."):
        call_command("analyse", "meetings", criterion="overall")
    with pytest.raises(CommandError, match=rf"no system 'x'. Its systems: {', '.join(system_slugs(study))}\."):
        call_command("analyse", "meetings", against="x")
    with pytest.raises(CommandError, match=r"'-5' is no margin"):
        call_command("analyse", "meetings", "--margin=-5")
