"""Find the mentions of a text in its language, and tell which of them a transcript has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lib.language import normalise_language, split_sentences
from models_runner.metrics.entities.chinese import chinese_mentions
from models_runner.metrics.entities.digits import digit_mentions
from models_runner.metrics.entities.english import english_mentions
from models_runner.metrics.entities.mentions import Mention, MentionKind
from models_runner.metrics.entities.names import chinese_names, english_names, transcript_words

# Part of the signature: raise it whenever a rule in this room answers differently than before.
RULES = "1"
LANGUAGES = ("en", "zh")
NO_RULES = "there are no rules for names in this language"


@dataclass(frozen=True)
class TranscriptFacts:
    """What a transcript says.

    Attributes:
        readings: Of its numbers, dates and times.
        words: Its words as names are compared with them.
        speakers: Words of its speakers' names.
        text: Of a Chinese one, where a name is looked for as it stands.
    """

    readings: frozenset[str]
    words: frozenset[str]
    speakers: frozenset[str]
    text: str


def read_transcript(text: str, language: str) -> TranscriptFacts:
    """Read a transcript once for all its summaries."""
    readings = {one for mention in number_mentions(text, language) for one in mention.readings}
    labels = "\n".join(label for label, colon, _ in (line.partition(": ") for line in text.splitlines()) if colon)
    return TranscriptFacts(frozenset(readings), transcript_words(text), transcript_words(labels), text)


def number_mentions(text: str, language: str) -> list[Mention]:
    """Return numbers, amounts, dates and times in order; of two that overlap the longer one."""
    rules = normalise_language(language)
    found = list(digit_mentions(text))
    if rules == "en":
        found += english_mentions(text)
    elif rules == "zh":
        found += chinese_mentions(text)
    return _apart(found)


def _apart(mentions: Sequence[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.start - one.end, one.start)):
        if not any(mention.start < other.end and other.start < mention.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda one: one.start)


def names_in(text: str, language: str, transcript: TranscriptFacts) -> list[Mention]:
    """Return the names, in order; none in a language without rules for them."""
    rules = normalise_language(language)
    if rules == "zh":
        return _apart(list(chinese_names(text)))
    if rules != "en":
        return []
    return list(english_names(text, set(_sentence_starts(text)), transcript.words, transcript.speakers))


def _sentence_starts(text: str) -> Iterator[int]:
    end = 0
    for sentence in split_sentences(text, "en"):
        start = text.find(sentence, end)
        if start < 0:
            continue
        end = start + len(sentence)
        lead = len(sentence) - len(sentence.lstrip("“”\"'‘(–-•* "))
        yield start + lead
        # After a colon a capital is no sign of a name either.
        for i in range(start, end - 2):
            if text[i] == ":" and text[i + 1] == " ":
                yield i + 2


def is_supported(mention: Mention, transcript: TranscriptFacts) -> bool:
    """Tell whether the transcript says a number or date of the mention's readings, or has every word of a name."""
    if mention.kind != MentionKind.NAME:
        return not mention.readings.isdisjoint(transcript.readings)
    return all(
        not {word, word.removesuffix("s"), f"{word}s"}.isdisjoint(transcript.words)
        or _in_chinese(word, transcript.text)
        for word in mention.readings
    )


def _in_chinese(word: str, text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in word) and word in text
