"""Score the texts of an evaluation by ROUGE-L and BERTScore against what they were written about, for their help."""

from collections.abc import Callable, Mapping, Sequence

Texts = Mapping[tuple[str, str], str]
ROUGE, BERTSCORE = "ROUGE-L", "BERTScore"
BATCH = 64


def text_scores(texts: Texts, against: Mapping[str, str]) -> dict[tuple[str, str, str], float]:
    """Return scores by document, system and metric.

    Args:
        texts: What each system wrote, by document and system.
        against: Of each document a reference, or what the texts are about where there is none.
    """
    keys = [key for key in texts if against.get(key[0], "").strip() and texts[key].strip()]
    written, wanted = [texts[key] for key in keys], [against[document] for document, _ in keys]
    scores: dict[tuple[str, str, str], float] = {}
    for name, score in ((ROUGE, _rouge), (BERTSCORE, _bertscore)):
        values = score(written, wanted)
        scores |= {(*key, name): value for key, value in zip(keys, values, strict=True)}
    return scores


def _rouge(written: Sequence[str], wanted: Sequence[str]) -> list[float]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return [float(scorer.score(target, text)["rougeL"].fmeasure) for text, target in zip(written, wanted, strict=True)]


def _bertscore(written: Sequence[str], wanted: Sequence[str]) -> list[float]:
    """Score with the encoder that comes with the project, which no hub is needed for."""
    from bert_score import BERTScorer

    from models_runner.metrics.bertscore import BUNDLED, find_encoder

    encoder = find_encoder(BUNDLED)
    scorer: Callable[..., object] = BERTScorer(model_type=encoder.location, num_layers=encoder.layers).score
    _precision, _recall, f1 = scorer(list(written), list(wanted), batch_size=BATCH)  # type: ignore[misc]
    return [float(value) for value in f1]
