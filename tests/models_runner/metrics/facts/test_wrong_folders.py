"""A folder that holds something else than the metric needs is named with the reason; nothing is scored by chance."""

import json
import shutil

import pytest

from models_runner.metrics.facts.alignscore import AlignScoreMetric
from models_runner.metrics.facts.minicheck import MiniCheckMetric
from models_runner.metrics.facts.nli import NliMetric
from models_runner.metrics.protocol import ScoringRequest
from models_runner.metrics.registry import MetricUnavailableError

METRICS = {"nli": NliMetric, "alignscore": AlignScoreMetric, "encoder": MiniCheckMetric, "t5": MiniCheckMetric}
REQUEST = ScoringRequest("The wall is red.", (), "Maya: The wall is red.", "en")


def without(*patterns):
    def change(folder):
        for pattern in patterns:
            for path in folder.glob(pattern):
                path.unlink()

    return change


def config(**values):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def written(name, text):
    return lambda folder: (folder / name).write_text(text)


def without_head(folder):
    """Leave the encoder alone, as a model that was never trained for the task; transformers fills in the rest."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


LOADS = r'cannot load "wrong" of (NLI|MINICHECK)_MODEL'
CASES = [
    *((kind, without("config.json"), f"{LOADS} .ValueError: Unrecognized model") for kind in ("nli", "encoder", "t5")),
    *((kind, without("tokenizer*"), "the tokenizer has no vocabulary") for kind in ("nli", "encoder", "t5")),
    ("alignscore", without("tokenizer*"), "whose config and tokenizer are not on this machine"),
    *((kind, without("*.safetensors"), "has no weights that the metric") for kind in ("nli", "encoder", "t5")),
    *((kind, written("config.json", "{"), f"{LOADS} .OSError") for kind in ("nli", "encoder", "t5")),
    *((kind, written("model.safetensors", "x"), f"{LOADS} .SafetensorError") for kind in ("nli", "encoder", "t5")),
    *((kind, config(model_type="nosuch"), f"{LOADS} .ValueError") for kind in ("nli", "encoder", "t5")),
    ("nli", without_head, "the weights lack classifier"),
    ("encoder", without_head, "the weights lack classifier"),
    ("alignscore", config(model_type="bert"), "is of the kind bert; AlignScore is a roberta"),
    ("alignscore", config(num_hidden_layers=9), "checkpoint and config do not belong together: encoder.layer"),
    ("alignscore", config(num_hidden_layers=1), "checkpoint and config do not belong together: encoder.layer.1"),
    ("alignscore", config(hidden_size=64), "cannot load .* size mismatch"),
    ("alignscore", without("config.json"), "hidden states of 32 numbers, as no published checkpoint"),
    ("alignscore", written("AlignScore-tiny.ckpt", "x"), "is no checkpoint of AlignScore"),
]


@pytest.mark.parametrize(("kind", "change", "reason"), CASES)
def test_what_is_wrong_is_named(folders, tmp_path, kind, change, reason):
    folder = tmp_path / "wrong"
    shutil.copytree(folders[kind], folder)
    change(folder)
    metric = METRICS[kind](str(folder))
    with pytest.raises(MetricUnavailableError, match=reason):
        metric.signature("en"), metric.score([REQUEST])


@pytest.mark.parametrize(
    ("kind", "other"), [("nli", "t5"), ("nli", "encoder"), ("encoder", "nli"), ("t5", "alignscore")]
)
def test_a_folder_of_another_metric_is_refused(folders, kind, other):
    metric = METRICS[kind](str(folders[other]))
    with pytest.raises(MetricUnavailableError):
        metric.signature("en"), metric.score([REQUEST])


def test_the_message_fits_into_what_a_job_keeps(folders, tmp_path):
    shutil.copytree(folders["nli"], tmp_path / "wrong")
    without("config.json")(tmp_path / "wrong")
    with pytest.raises(MetricUnavailableError) as refused:
        NliMetric(str(tmp_path / "wrong")).load()
    assert len(str(refused.value)) < 500
    assert "\n" not in str(refused.value)
