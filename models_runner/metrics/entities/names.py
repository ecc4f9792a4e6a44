"""Names in a text: capitalised words in English, people in Chinese, by form alone; no model is asked."""

from collections.abc import Collection, Iterator

import regex

from models_runner.metrics.entities.english import DAYS, MONTHS
from models_runner.metrics.entities.mentions import Mention, MentionKind
from models_runner.metrics.entities.words import words_of

_WORD = r"\p{Lu}[\p{L}\d]*(?:[’'-]\p{Lu}?[\p{L}\d]+)*|\p{Lu}(?:\.\p{Lu})+\.?"
NAME = regex.compile(rf"(?<![\p{{L}}\d_])(?:{_WORD})(?:[ ](?:{_WORD}))*")
TOKEN = regex.compile(r"[\p{L}\d]+")
LATIN_TOKEN = regex.compile(r"[A-Za-z\d]+")  # within Chinese
SPELT = regex.compile(r"(?<![\p{L}\d_])(?:\p{L}[._]){2,}\p{L}?")  # L_C_D_ and U.S.
TITLES = frozenset(words_of("titles"))
POSSESSIVE = regex.compile(r"[’']s?$")
DOING = frozenset(words_of("doing"))
NEVER = frozenset(words_of("never"))
NO_NAMES = words_of("no_names")
_SURNAME = f"[{''.join(words_of('surnames'))}]"
_SAYS = "|".join(words_of("says"))
_TITLE = "|".join(words_of("chinese_titles"))
CHINESE = regex.compile(
    rf"(?<![\p{{Han}}])(?:由|请|让|和|与|跟|给|向)?({_SURNAME}\p{{Han}}{{1,2}}?)(?={_SAYS})"
    rf"|(?:由|请|让|和|与|跟|给)({_SURNAME}\p{{Han}}{{1,2}}?)(?={_SAYS}|[，。、；和与])"
    rf"|({_SURNAME}(?:{_TITLE}))|([小老]{_SURNAME})(?={_SAYS}|[，。、；和与在的])"
)
LATIN = regex.compile(r"(?<![A-Za-z\d_])[A-Z][A-Za-z]*\d*(?:[ -][A-Z][A-Za-z]*\d*)*(?![A-Za-z])")


def transcript_words(text: str) -> frozenset[str]:
    """Return the words of a transcript as names are compared with them: without case, points and underscores."""
    words = {_folded(word) for pattern in (TOKEN, LATIN_TOKEN) for word in pattern.findall(text)}
    return frozenset(words | {regex.sub("[._]", "", match).casefold() for match in SPELT.findall(text)})


def english_names(
    text: str, starts: Collection[int], transcript: Collection[str], speakers: Collection[str]
) -> Iterator[Mention]:
    """Yield names. starts: Where sentences begin; transcript, speakers: Of transcript_words."""
    matches = list(NAME.finditer(text))
    within = set(speakers) | {
        _folded(word) for match in matches if match.start() not in starts for word in TOKEN.findall(match[0])
    }
    lower = set(regex.findall(r"(?<![\p{L}\d])\p{Ll}+", text))
    for match in matches:
        start, words = match.start(), list(TOKEN.finditer(match[0]))
        first = _folded(words[0][0])
        if start in starts and not _is_name_at_start(text, match, within, lower, transcript):
            words = words[1:]
        while words and (_folded(words[0][0]) in NEVER | TITLES or _is_date(words[0][0])):
            words = words[1:]
        while words and (_is_date(words[-1][0]) or _folded(words[-1][0]) in ("s", "i")):
            words = words[:-1]
        if words and not (len(words) == 1 and len(words[0][0]) == 1 and first != "x"):
            span = (start + words[0].start(), start + words[-1].end())
            parts = frozenset(_folded(word) for word in TOKEN.findall(POSSESSIVE.sub("", text[slice(*span)])))
            yield Mention(span[0], span[1], MentionKind.NAME, parts)


def _is_name_at_start(
    text: str, match: "regex.Match[str]", within: Collection[str], lower: Collection[str], transcript: Collection[str]
) -> bool:
    words = TOKEN.findall(match[0])
    first = _folded(words[0])
    if first in NEVER or first in lower:
        return False
    if len(words) > 1 or first in within or (words[0].isupper() and len(words[0]) > 1):
        return True
    following = TOKEN.match(text[match.end() :].lstrip())
    plural = first.endswith("s") and not first.endswith("ss")
    return bool(following and following[0] in DOING and (not plural or first in transcript))


def _is_date(word: str) -> bool:
    return word.lower() in DAYS or word.lower() in MONTHS


def chinese_names(text: str) -> Iterator[Mention]:
    """Yield people by surname and what they do or are called, and words in Latin letters with a capital."""
    for match in CHINESE.finditer(text):
        group = next(i for i in range(1, 5) if match[i])
        if not any(match[group].startswith(word) for word in NO_NAMES):
            yield Mention(match.start(group), match.end(group), MentionKind.NAME, frozenset({match[group]}))
    for match in LATIN.finditer(text):
        if len(match[0]) > 1:
            yield Mention(
                match.start(),
                match.end(),
                MentionKind.NAME,
                frozenset(_folded(word) for word in TOKEN.findall(match[0])),
            )


def _folded(word: str) -> str:
    return word.casefold().replace("_", "")


def _parts(name: str) -> frozenset[str]:
    return frozenset(_folded(word) for word in TOKEN.findall(name))
