"""Cut texts for models that judge facts: a summary into sentences with their places, a transcript into passages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lib.language import normalise_language, split_sentences, words
from lib.markup.plain import with_origin

JOINED_WITHOUT_SPACE = frozenset({"zh", "ja", "th", "lo", "km", "my"})


@dataclass(frozen=True)
class SummarySentence:
    """A sentence without markup, and its characters in the summary as written."""

    text: str
    start: int
    end: int


def summary_sentences(summary: str, language: str) -> list[SummarySentence]:
    """Return the sentences that have a word, in order."""
    plain = with_origin(summary, signs=False)
    found, at = [], 0
    for sentence in split_sentences(plain.text, language):
        start = plain.text.find(sentence, at)
        if start < 0:  # the splitter changed a character
            continue
        at = start + len(sentence)
        places = [place for place in plain.origin[start:at] if place >= 0]
        if places and words(sentence, language):
            found.append(SummarySentence(sentence, places[0], places[-1] + 1))
    return found


def joint(language: str) -> str:
    """Return what stands between two sentences."""
    return "" if normalise_language(language) in JOINED_WITHOUT_SPACE else " "


def count_words(text: str, language: str) -> int:
    """Count as the authors of the models do, by what stands between blanks; characters where there are none."""
    return len(words(text, language)) if joint(language) == "" else len(text.split())


def even_passages(transcript: str, language: str, size: int) -> list[str]:
    """Return passages of as many sentences each, so many that one has about `size` words.

    Source:
        Zha et al. (2023), AlignScore, with their arithmetic: sentences // (words // size + 1) sentences each.
    """
    sentences = split_sentences(transcript, language)
    each = max(len(sentences) // (count_words(transcript, language) // size + 1), 1)
    return [joint(language).join(sentences[i : i + each]) for i in range(0, len(sentences), each)]


def filled_passages(transcript: str, language: str, size: int, length: Callable[[str], int]) -> Iterator[str]:
    """Yield passages of whole sentences, each filled up to `size`; a line of the transcript stays a line.

    length: Of a sentence, in the unit of the size.
    """
    passage: list[Sequence[str]] = []
    used = 0
    for line in transcript.splitlines():
        for i, sentence in enumerate(split_sentences(line, language)):
            more = length(sentence)
            if passage and used + more > size:
                yield _written(passage, language)
                passage, used = [], 0
            passage.append((joint(language) if i else "\n", sentence))
            used += more
    if passage:
        yield _written(passage, language)


def _written(passage: Sequence[Sequence[str]], language: str) -> str:
    return "".join(part for pair in passage for part in pair).strip()
