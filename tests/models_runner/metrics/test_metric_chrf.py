import pytest
import sacrebleu

from models_runner.metrics.chrf import ChrfMetric
from models_runner.metrics.protocol import ScoringRequest

TEXTS = ["The team ships on Friday.", "They release the product on Friday, at noon.", "Bananas are yellow."]
CHINESE = ["团队周五发布。", "我们在周五发布产品。"]


def chrf(summary, *references, language="en", is_reference=False):
    request = ScoringRequest(summary, references, "", language, is_reference)
    return {value.name: value for value in ChrfMetric().score([request])[0]}


@pytest.mark.parametrize("summary", TEXTS)
@pytest.mark.parametrize("references", [TEXTS[:1], TEXTS[1:]])
def test_equals_sacrebleu_called_directly(summary, references):
    values = chrf(summary, *references)
    assert values["chrf"].value == pytest.approx(sacrebleu.sentence_chrf(summary, references).score, abs=1e-9)
    bleu = sacrebleu.sentence_bleu(summary, references, tokenize="13a", use_effective_order=True).score
    assert values["bleu"].value == pytest.approx(bleu, abs=1e-9)


def test_chinese_is_cut_into_characters():
    summary, reference = CHINESE
    expected = sacrebleu.sentence_bleu(summary, [reference], tokenize="zh", use_effective_order=True).score
    assert chrf(summary, reference, language="zh-CN")["bleu"].value == pytest.approx(expected, abs=1e-9)
    assert expected > 0


def test_the_signature_says_what_sacrebleus_does():
    for language, tokenizer in (("en", "13a"), ("zh", "zh"), ("ja", "char")):
        bleu = sacrebleu.BLEU(tokenize=tokenizer, effective_order=True)
        bleu.sentence_score("a", ["a"])
        said = dict(part.split(":", 1) for part in str(bleu.get_signature()).split("|"))
        signature = ChrfMetric().signature(language)
        assert f"tok:{said['tok']} smooth:{said['smooth']} eff:{said['eff']} case:{said['case']}" in signature
        assert f"sacrebleu {said['version']}" in signature


def test_a_text_matches_itself_and_an_empty_one_nothing():
    assert [value.value for value in chrf(TEXTS[0], TEXTS[0]).values()] == pytest.approx([100, 100])
    empty = chrf(" ", TEXTS[0])
    assert {(value.value, value.reason) for value in empty.values()} == {(0.0, "the summary is empty")}


def test_without_a_reference_nothing_is_compared():
    assert {value.value for value in chrf("Text.").values()} == {None}
    assert {value.value for value in chrf("Text.", "Text.", is_reference=True).values()} == {None}
