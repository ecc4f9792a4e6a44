"""What a speaker's name looks like, and what only looks like one: headings, sentences, roles in brackets."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

LONGEST_LABEL = 60
LONGEST_WHOLE = 120  # with what stands in brackets: a minister's office, a member's constituency
MOST_WORDS = 7
LONGEST_UNSPACED = 8  # characters of a name in a script without capitals and blanks, such as Chinese
MOST_WORDS_UNCASED = 3  # of a name in a script without capitals but with blanks, such as Hebrew
LONGEST_UNCASED = 30

_WORDS: dict[str, str] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORDS[name].split())


PARTICLES = _words("particles")
# What a lower-case label, or a label of one word, cannot be: how sentences begin.
SENTENCE_WORDS = _words("sentence_words")
# A label that is one of these, or whose last word is, is a heading, in a text whose speakers are known by other signs.
HEADINGS = _words("headings")
# People say these words in lower case too, and are called so.
WORDS_THAT_ARE_NAMES = _words("words_that_are_names")
ROLE_WORDS = _words("role_words")
# What such words end with in languages that write them in one piece: 产品经理.
ROLE_ENDINGS = tuple(_words("role_endings"))
# Titles that stand small within a name: La señora presidenta, De heer Van Dijk.
SMALL_TITLES = _words("small_titles")
# As broadcasters write: MADELEINE BRAND, host.
AFTER_COMMA = re.compile(r"^(?P<name>[^,]*\w),\s+(?P<role>[a-z][a-z -]{1,30})$")
PRONOUNS = re.compile(r"^\W*(?:\w{1,6}\s*[/|]\s*){1,3}\w{1,6}\W*$")
GENERIC = re.compile(
    r"^(?:(?:unknown|unidentified|new|other|male|female)[ _-])?"
    r"(?:speaker|spk|spkr|person|participant|user|caller|agent|customer|voice|channel|sprecherin|sprecher|locuteur|"
    r"hablante|orador|falante|interlocuteur|mluvčí|spreker|说话人|发言人|讲话人|說話人|發言人|話者|화자)"
    r"[ _#-]*(?:\d{1,3}|[a-z]{1,2}|one|two|three|four|five|six)?$",
    re.IGNORECASE,
)
WRAPPED = re.compile(r"^(?:#(.+)#|\((.+)\)|\[(.+)\]|<(.+)>|【(.+)】|（(.+)）|\"(.+)\"|“(.+)”|「(.+)」)$")
MARKS = re.compile(r"^(?:>{1,3}|&gt;&gt;|[-*•–—]|#{1,6})\s+|^>{2,3}")
NUMBER = re.compile(r"^\d{1,4}[.)]\s+(?=\D)")
# Signs that say how to write a line and are no part of a name: directions, word joiners, byte order marks. Joiners
# within words (U+200C, U+200D) are part of Persian and Indic names.
UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
PARENTHESIS = re.compile(r"\s*[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
UNSAYABLE = re.compile(
    r"[?!;…=<>{}\\^~`“”„]|(?<![א-ת])\"|\"(?![א-ת])|://|[^\W\d_]{5,}[.]\s|\b[a-z]{3,}[.]\s|\d[:：]\d|\b(?:19|20)\d\d\b|[.](?=\s*$)(?<!\b[A-Za-z][.])"
)
WORD = re.compile(r"[^\W\d_][\w.'’‘ʼ·・-]*")
INITIAL = re.compile(r"[^\W\d_]{1,2}\.")
TELEPHONE = re.compile(r"^\+?\d[\d *().x-]{6,}$")
ABBREVIATED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|Jr|Sr|St|Hon|Rev|Ing|Sra?|Mme|Mlle|Ph\.?D)\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """A possible name of a speaker.

    Attributes:
        name: Without roles, pronouns and marks.
        left_out: The roles and pronouns.
        certain: Its form tells that it is a speaker: #Person1#, (PERSON10), SPEAKER_00, Speaker 1.
        key: The name without regard to capitals.
        looks: "name", "lower" (no capital: may be a name), "heading" or "" (cannot be a name).
    """

    name: str
    left_out: tuple[str, ...]
    certain: bool
    looks: str
    key: str


@lru_cache(maxsize=4_096)
def read_label(text: str) -> Label:
    """Read what stands before a colon or beside a time. Cached: the same few people speak again and again."""
    name = NUMBER.sub("", MARKS.sub("", UNSEEN.sub("", text).strip()).strip())
    name = name.strip("*_").strip() if name[:1] in "*_" or name[-1:] in "*_" else name
    wrapped = WRAPPED.match(name)
    inner = next(group for group in wrapped.groups() if group) if wrapped else ""
    wrapped_name = bool(inner) and not re.search(r"[()\[\]#]", inner)
    if wrapped_name:
        name = inner.strip()
    name, left_out = _without_roles(name)
    name = " ".join(name.strip(" ,-–—|").split())
    hashed = bool(wrapped and wrapped.group(1))
    certain = hashed or bool(GENERIC.match(name))
    return Label(name, left_out, certain, "name" if certain else looks_of(name), name.casefold())


def _without_roles(name: str) -> tuple[str, tuple[str, ...]]:
    left_out: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if _is_role(match.group(1)):
            left_out.append(match.group(1).strip())
            return ""
        return match.group(0)

    told = AFTER_COMMA.match(name)
    if told and (" " in told["name"] or told["name"].isupper()) and _is_role(told["role"]):
        return told["name"], (told["role"],)
    if not any(character in name for character in "([（【"):
        return name, ()
    shorter = PARENTHESIS.sub(replace, name).strip()
    return (shorter, tuple(left_out)) if shorter else (name, ())


def _is_role(text: str) -> bool:
    words = re.findall(r"[\w'’-]+", text.casefold())
    return not words or bool(PRONOUNS.match(text)) or words[-1] in ROLE_WORDS or words[-1].endswith(ROLE_ENDINGS)


def looks_of(name: str) -> str:
    bare = PARENTHESIS.sub("", name).strip()
    if TELEPHONE.match(bare):
        return "name"
    if (
        not bare
        or len(bare) > LONGEST_LABEL
        or len(name) > LONGEST_WHOLE
        or not any(character.isalpha() for character in bare)
    ):
        return ""
    if UNSAYABLE.search(bare) and not ABBREVIATED.search(bare):
        return ""
    words = re.split(r"[\s,/&+]+", bare)
    if len(words) > MOST_WORDS:
        return ""
    if is_heading(bare):
        return "heading"
    if "@" in bare:
        return "name" if re.fullmatch(r"[\w.+-]+@[\w.-]+", bare) else ""
    if len(bare) == 1:
        return "name" if bare.isupper() else _looks_of_small(bare, words, bare)  # Q and A, I and R
    first = words[0].casefold()
    if not any(character.isupper() for character in bare):
        return _looks_of_small(bare, words, first)
    if first in SENTENCE_WORDS and (len(words) == 1 or first not in PARTICLES):
        return ""
    return "name" if all(_fits_in_name(word) for word in words) and words[-1] not in PARTICLES else ""


def _looks_of_small(bare: str, words: list[str], first: str) -> str:
    if not any(character.islower() for character in bare):  # a script without capitals
        whole = [word for word in words if not INITIAL.fullmatch(word)]
        spaced = len(words) > 1 and 1 <= len(whole) <= MOST_WORDS_UNCASED and len(bare) <= LONGEST_UNCASED
        if spaced or len(bare) <= LONGEST_UNSPACED:
            return "name"
        return "lower" if len(bare) <= 2 * LONGEST_UNSPACED else ""
    plain = (
        len(words) <= 3 and first not in SENTENCE_WORDS and all(WORD.match(word) or word.isdigit() for word in words)
    )
    return "lower" if plain else ""


def _fits_in_name(word: str) -> bool:
    known = word.casefold() in PARTICLES or word in SMALL_TITLES or bool(INITIAL.fullmatch(word))
    return known or not word[:1].islower() or any(character.isupper() for character in word)


def is_heading(name: str) -> bool:
    words = [word for word in re.split(r"[\s/_,]+", name.casefold().strip(" .")) if not word.isdigit()]
    return bool(words) and (words[-1] in HEADINGS or " ".join(words) in HEADINGS)
