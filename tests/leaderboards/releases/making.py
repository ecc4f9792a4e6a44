"""Releases of a rated study, for tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import datasets
import numpy
import pytest

from annotations.models import Judgement
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of
from leaderboards.releases.publishing import Draft
from models_runner.models import Document
from tests.factories import ReferenceFactory
from tests.leaderboards.helpers import make_rated_study, score, summaries_of, system_slugs

BOARD = ("rating", "rating_lower", "rating_upper", "rank", "votes", "win_rate", "both_bad_rate")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path / "site"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def study():
    """Three systems, six meetings, three people, two questions; votes of all kinds, scores, references."""
    study = make_rated_study(systems=3, documents=6, annotators=3, criteria=("overall", "fluency"))
    Document.objects.update(redistributable=True, licence="MIT", title="The weekly meeting")
    ids = list(Judgement.objects.order_by("pk").values_list("pk", flat=True))
    for outcome, chosen in (("b", ids[1::5]), ("tie", ids[2::7]), ("both_bad", ids[3::11])):
        Judgement.objects.filter(pk__in=chosen).update(outcome=outcome)
    for n, slug in enumerate(system_slugs(study)):
        score(summaries_of(study, slug), "rouge1", [0.1 * n + 0.01 * i for i in range(6)])
    ReferenceFactory(document=study.dataset.documents.first())
    return study


def make(study, **draft):
    release = publishing.create_draft(study, Draft(**draft), None)
    return publishing.write_files(release)


def table(release, name):
    return [json.loads(line) for line in (folder_of(release) / "data" / f"{name}.jsonl").read_text().splitlines()]


def reproduce(folder):
    """Run it as somebody with numpy and nothing else would."""
    bare = folder.parent / "only-numpy"
    if not bare.exists():
        bare.mkdir()
        for path in Path(numpy.__file__).parents[1].glob("numpy*"):
            (bare / path.name).symlink_to(path)
    code = f"import sys; sys.path.insert(0, {str(bare)!r}); sys.argv = sys.argv[1:]; import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-c", code, str(folder / "reproduce.py")]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
