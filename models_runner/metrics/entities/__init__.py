"""Names and numbers in a summary that its transcript does not have: rules, no model. Each is kept with its place."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from lib.language import normalise_language
from lib.markup.plain import PlainText, with_origin
from models_runner.metrics import MARKUP_REMOVED, descriptions, undefined_values
from models_runner.metrics.entities.finding import (
    LANGUAGES,
    NO_RULES,
    RULES,
    TranscriptFacts,
    is_supported,
    names_in,
    number_mentions,
    read_transcript,
)
from models_runner.metrics.entities.mentions import Mention
from models_runner.metrics.protocol import MetricValue, ScoredSpan, ScoringRequest, names_of

NO_TRANSCRIPT = "the transcript has no words"


class EntitiesMetric:
    """Precision of names and of numbers: the share that the transcript has; undefined where a summary has none.

    Numbers are amounts, shares, dates and times as well, in digits or in words. Spans have the value 1 where the
    transcript has the mention, and 0 where it does not.

    Source:
        Nan et al. (2021), Entity-level factual consistency of abstractive text summarization, EACL,
        precision-source; they find entities with a model, these rules are our own.
    """

    key = "entities"
    values = descriptions.ENTITIES
    names = names_of(values)

    def signature(self, language: str) -> str:
        rules = normalise_language(language)
        which = rules if rules in LANGUAGES else "digits"
        return (
            f"entities|rules {RULES} {which}|regex {version('regex')}|sentencex {version('sentencex')}|{MARKUP_REMOVED}"
        )

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        read: dict[tuple[str, str], TranscriptFacts] = {}
        rows = []
        for request in requests:
            key = (request.transcript, request.language)
            transcript = read[key] = read.get(key) or read_transcript(*key)
            rows.append(self._score_one(request, transcript))
        return rows

    def _score_one(self, request: ScoringRequest, transcript: TranscriptFacts) -> list[MetricValue]:
        if not transcript.words:
            return undefined_values(self.names, NO_TRANSCRIPT)
        plain = with_origin(request.summary, signs=False)
        of_names = names_in(plain.text, request.language, transcript)
        of_numbers = [mention for mention in number_mentions(plain.text, request.language) if mention.claimed]
        why_none = "" if normalise_language(request.language) in LANGUAGES else NO_RULES
        names = _precision("entity_precision", of_names, transcript, plain, why_none or "the summary has no name")
        numbers = _precision("number_precision", of_numbers, transcript, plain, "the summary has no number")
        wrong = sum(span.value == 0 for value in (names, numbers) for span in value.spans)
        return [names, numbers, MetricValue("unsupported", float(wrong))]


def _precision(
    name: str, mentions: Sequence[Mention], transcript: TranscriptFacts, plain: PlainText, why_none: str
) -> MetricValue:
    spans = tuple(_spans(mentions, transcript, plain))
    if not spans:
        return MetricValue(name, None, why_none)
    return MetricValue(name, sum(span.value or 0 for span in spans) / len(spans), spans=spans)


def _spans(mentions: Sequence[Mention], transcript: TranscriptFacts, plain: PlainText) -> Iterator[ScoredSpan]:
    for mention in mentions:
        places = [place for place in plain.origin[mention.start : mention.end] if place >= 0]
        if places:
            value = float(is_supported(mention, transcript))
            yield ScoredSpan(places[0], places[-1] + 1, value, str(mention.kind))
