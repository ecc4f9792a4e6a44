"""Metrics of factual consistency, each with a tiny real model that learned a rule, and against the formula by hand."""

import numpy as np
import pytest

from models_runner.metrics.facts import alignscore, minicheck, nli
from models_runner.metrics.facts.alignscore import AlignScoreMetric, read_state
from models_runner.metrics.facts.minicheck import MiniCheckMetric
from models_runner.metrics.facts.nli import NliMetric
from models_runner.metrics.facts.texts import even_passages, filled_passages, summary_sentences
from models_runner.metrics.protocol import ScoringRequest
from models_runner.metrics.registry import MetricUnavailableError
from tests.models_runner.metrics.facts import tiny

BOTH = "Maya: The wall is red.\nLeo: The wall is blue."
LEO = "Leo: The wall is red.\nLeo: The wall is blue."
PASSAGES = BOTH.splitlines()
KINDS = ("nli", "alignscore", "encoder", "t5")
METRICS = {"nli": NliMetric, "alignscore": AlignScoreMetric, "encoder": MiniCheckMetric, "t5": MiniCheckMetric}


@pytest.fixture(params=KINDS)
def metric(request, folders, monkeypatch):
    """Each metric, with passages of one line."""
    for module, name, size in (
        (nli, "WORDS", 6),
        (alignscore, "WORDS", 6),
        (minicheck, "WORDS", 6),
        (minicheck, "TOKENS", 8),
        (minicheck, "LONGEST", 64),
    ):
        monkeypatch.setattr(module, name, size)
    return METRICS[request.param](str(folders[request.param]))


def score(metric, summary, transcript=BOTH):
    (row,) = metric.score([ScoringRequest(summary, (), transcript, "en")])
    (value,) = row
    return value


def of_sentences(value):
    return [span.value for span in value.spans]


def test_a_sentence_that_the_transcript_supports_has_a_high_value(metric):
    value = score(metric, "The wall is red. The wall is green.")
    assert of_sentences(value) == pytest.approx([1, 1] if metric.key != "nli" else [0, 0], abs=0.2)
    assert value.value == pytest.approx(np.mean(of_sentences(value)))
    assert value.reason == ""


def test_what_contradicts_the_transcript_has_a_low_value(metric):
    lowest = -1 if metric.key == "nli" else 0
    assert score(metric, "The wall is red.", LEO).value == pytest.approx(lowest, abs=0.2)


def test_what_it_leaves_open_is_between_or_unsupported(metric):
    assert score(metric, "Maybe the wall is red.").value == pytest.approx(0, abs=0.2)


def test_values_of_sentences_have_their_places_in_the_summary_as_written(metric):
    summary = "# Wall\n\n- **The wall** is red.\n- Maybe the wall is grey.\n"
    value = score(metric, summary)
    assert [summary[span.start : span.end] for span in value.spans] == [
        "Wall",
        "The wall** is red.",
        "Maybe the wall is grey.",
    ]
    assert {span.kind for span in value.spans} == {"sentence"}


@pytest.mark.parametrize(
    ("summary", "transcript", "reason"),
    [("", BOTH, "the summary has no sentence with a word"), ("The wall is red.", "", "the transcript has no words")],
)
def test_without_text_it_is_undefined(metric, summary, transcript, reason):
    value = score(metric, summary, transcript)
    assert (value.value, value.reason) == (None, reason)


def test_a_pair_beyond_the_window_is_counted(metric):
    value = score(metric, "The wall is red" + " red" * 80 + ".")
    assert value.reason.startswith("2 of 2 pairs of passage and sentence cut at ")


def test_answers_keep_the_order_of_the_requests(metric):
    requests = [ScoringRequest(text, (), t, "en") for text in ("The wall is red.", "Maybe.") for t in (BOTH, LEO)]
    together = [row[0].value for row in metric.score(requests)]
    assert together == pytest.approx([metric.score([request])[0][0].value for request in requests], abs=1e-5)


def test_the_signature_names_model_and_weights(metric):
    assert f"{metric.key}|" in metric.signature("en")
    assert "|weights " in metric.signature("en") and "transformers " in metric.signature("en")
    assert len(metric.signature("en")) <= 500


# ---- against the formulas of the papers, computed by hand with transformers


def test_nli_equals_the_formula_of_summac(folders, monkeypatch):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    monkeypatch.setattr(nli, "WORDS", 6)
    folder = str(folders["nli"])
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    sentences = ["The wall is red.", "Maybe the wall is grey."]
    image = np.empty((3, len(PASSAGES), len(sentences)))
    for i, passage in enumerate(PASSAGES):
        for j, sentence in enumerate(sentences):
            with torch.no_grad():
                image[:, i, j] = (
                    model(**tokenizer(passage, sentence, return_tensors="pt")).logits.softmax(-1)[0].numpy()
                )
    expected = image[0].max(axis=0) - image[2].max(axis=0)  # labels: entailment, neutral, contradiction
    value = score(NliMetric(folder), " ".join(sentences))
    assert of_sentences(value) == pytest.approx(expected.tolist(), abs=1e-4)
    assert value.value == pytest.approx(expected.mean(), abs=1e-4)


def test_nli_finds_the_labels_by_name(tmp_path, folders, monkeypatch):
    monkeypatch.setattr(nli, "WORDS", 6)
    tiny.save_nli(tmp_path, labels=("contradiction", "entailment", "neutral"))
    assert score(NliMetric(str(tmp_path)), "The wall is red.", LEO).value == pytest.approx(-1, abs=0.2)


def test_alignscore_equals_the_formula_of_its_authors(folders, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(alignscore, "WORDS", 6)
    model, tokenizer = tiny.save_alignscore(tmp_path)
    sentences = ["The wall is red.", "Maybe the wall is grey."]
    with torch.no_grad():
        aligned = [
            [
                model.tri_layer(model.base_model(**tokenizer(p, s, return_tensors="pt")).pooler_output).softmax(-1)[
                    0, 0
                ]
                for s in sentences
            ]
            for p in PASSAGES
        ]
    expected = np.array(aligned, dtype=float).max(axis=0)
    value = score(AlignScoreMetric(str(tmp_path)), " ".join(sentences))
    assert of_sentences(value) == pytest.approx(expected.tolist(), abs=1e-4)
    assert AlignScoreMetric(str(tmp_path / "AlignScore-tiny.ckpt"), base=str(tmp_path)).signature(
        "en"
    ) == AlignScoreMetric(str(tmp_path)).signature("en")


@pytest.mark.parametrize("kind", ["encoder", "t5"])
def test_minicheck_equals_the_formula_of_its_authors(kind, folders, monkeypatch):
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer

    monkeypatch.setattr(minicheck, "WORDS", 6)
    monkeypatch.setattr(minicheck, "TOKENS", 8), (minicheck, "LONGEST", 64)
    folder = str(folders[kind])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = [f"{passage}</s>The wall is red." for passage in PASSAGES]
    with torch.no_grad():
        if kind == "t5":
            inputs = tokenizer([f"predict: {one}" for one in text], padding=True, return_tensors="pt")
            model = AutoModelForSeq2SeqLM.from_pretrained(folder)
            begin = torch.full((2, 1), model.config.decoder_start_token_id)
            logits = model(**{k: inputs[k] for k in ("input_ids", "attention_mask")}, decoder_input_ids=begin).logits[
                :, 0
            ]
            chances = logits[:, tokenizer.convert_tokens_to_ids(["0", "1"])].softmax(-1)[:, 1]
        else:
            model = AutoModelForSequenceClassification.from_pretrained(folder)
            chances = model(**tokenizer(text, padding=True, return_tensors="pt")).logits.softmax(-1)[:, 1]
    assert score(MiniCheckMetric(folder), "The wall is red.").value == pytest.approx(float(chances.max()), abs=1e-4)


# ---- what a checkpoint may not do, and what is not there


def test_nothing_in_a_checkpoint_runs_when_it_is_read(folders):
    tiny.Settings.loaded = 0
    state = read_state(folders["alignscore"] / "AlignScore-tiny.ckpt")
    assert state["tri_layer.weight"].shape == (3, 32)
    assert tiny.Settings.loaded == 0


def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    (tmp_path / "x.ckpt").write_bytes(b"nothing")
    with pytest.raises(MetricUnavailableError, match=r"x\.ckpt is no checkpoint of AlignScore"):
        AlignScoreMetric(str(tmp_path / "x.ckpt")).load()


@pytest.mark.parametrize(
    ("made", "setting", "of_an_empty_folder"),
    [
        (NliMetric, "NLI_MODEL", "of NLI_MODEL has no weights that the metric nli can read"),
        (AlignScoreMetric, "ALIGNSCORE_MODEL", "ALIGNSCORE_MODEL, or set HUB_ONLINE=true"),
        (MiniCheckMetric, "MINICHECK_MODEL", "of MINICHECK_MODEL has no weights that the metric minicheck can read"),
    ],
)
def test_without_a_model_it_says_what_to_set(made, setting, of_an_empty_folder, settings, tmp_path):
    with pytest.raises(MetricUnavailableError, match=f"Set {setting} to"):
        made().signature("en")
    with pytest.raises(MetricUnavailableError, match=of_an_empty_folder):
        made(str(tmp_path)).signature("en")


def test_a_model_of_unnamed_labels_is_refused(tmp_path):
    with pytest.raises(MetricUnavailableError, match="does not say which of its labels is entail"):
        nli._kinds({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, "x")


# ---- texts


def test_alignscores_passages_have_equally_many_sentences():
    text = " ".join(f"Sentence number {n} has six words." for n in range(10))  # 60 words
    # 60 // 25 + 1 = 3 parts asked for; 10 // 3 = 3 sentences each, and what is left.
    assert [len(passage.split(". ")) for passage in even_passages(text, "en", 25)] == [3, 3, 3, 1]


def test_filled_passages_hold_whole_sentences_and_keep_lines():
    text = "A: one two. three four.\nB: five six seven."
    assert list(filled_passages(text, "en", 100, lambda one: len(one.split()))) == [text]
    assert list(filled_passages(text, "en", 3, lambda one: len(one.split()))) == [
        "A: one two.",
        "three four.",
        "B: five six seven.",
    ]


def test_chinese_sentences_are_joined_without_a_blank():
    assert even_passages("今天开会。明天放假。", "zh", 100) == ["今天开会。明天放假。"]
    assert summary_sentences("今天开会。……明天放假。", "zh")[0].text == "今天开会。"
