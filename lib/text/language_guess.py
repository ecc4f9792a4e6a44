"""Guess the language of a text from its script and, in Latin script, from its commonest words.

Latin script is English unless another language is plain, as texts without a language were English before there was a
guess. Languages that share another script, such as Russian and Bulgarian, are told apart only by letters of their own.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import langcodes
import regex
from langcodes.tag_parser import LanguageTagError

from lib.language import normalise_language, words

READ = 6_000  # characters, which is enough for any method
FALLBACK = "en"
# A text of this share of words in another script than Latin is in that script's language: meetings are full of English.
OTHER_SCRIPT = 0.25
KANA_OF_JAPANESE = 0.05
LEAST_WORDS, SURE_WORDS, LEAST_KNOWN = 12, 50, 4
LEAST_SHARE, SURE_SHARE = 0.12, 0.2
TIMES_ENGLISH, SURE_TIMES_ENGLISH = 1.5, 3

SCRIPTS = {
    "Han": "zh",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Hangul": "ko",
    "Thai": "th",
    "Lao": "lo",
    "Khmer": "km",
    "Myanmar": "my",
    "Cyrillic": "ru",
    "Arabic": "ar",
    "Hebrew": "he",
    "Greek": "el",
    "Devanagari": "hi",
    "Bengali": "bn",
    "Tamil": "ta",
    "Telugu": "te",
    "Georgian": "ka",
    "Armenian": "hy",
}
# Letters that no other language of the script has, where it is not the one above.
OWN_LETTERS = {"ru": (("uk", "іїєґ"), ("sr", "ђћџљњј")), "ar": (("ur", "ٹڈڑے"), ("fa", "پچژگ"))}
# Without those that are English words, or letters of lists and minutes.
COMMON_WORDS = {
    "en": "the and of to in is that it you we for was on are have not this be with so",
    "de": "der die das und ist nicht ich wir sie es ein eine zu mit auf den für von auch wie",
    "fr": "le la les et est que de un une je vous nous pas des pour dans qui ce il",
    "es": "el la los las que de en un una es por con para se lo pero como está",
    "it": "il la che di è un una non per sono con si ho lo ma come questo della",
    "pt": "que de da em um uma não é para com os se por mais como você",
    "nl": "de het een en van dat ik je niet we op te zijn met voor die er maar ook",
    "sv": "och att det är som en jag på för inte med vi av den har ett till så om",
    "da": "og at det er som en jeg på for ikke med vi af den har et til så om",
    "pl": "na nie się że jest jak ale co po tak za by czy mamy",
    "cs": "na se je že s jsem ale si jak tak by už co jsme",
    "tr": "ve bir bu da de için çok ne var ama ben mi olarak gibi daha biz şey evet değil",
    "fi": "ja ei se että niin mutta kun minä hän oli ole voi nyt tämä mitä ovat sitä jos",
    "ro": "și de la în nu că este un pe cu să ce din se mai pentru sunt am",
    "hu": "az és hogy nem egy van ez de meg csak mi azt ha volt már így vagy lesz",
    "vi": "và là của có không các một được cho người trong này tôi với đã những thì ở",
    "id": "yang dan di ini itu untuk dengan tidak dari ada kita saya akan ke pada bisa juga sudah kami apa",
}
_WORDS = {code: frozenset(text.split()) for code, text in COMMON_WORDS.items()}
_SCRIPT = regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}})" for name in SCRIPTS))


@dataclass(frozen=True)
class LanguageGuess:
    """A language, and whether the text is plainly in it."""

    code: str
    sure: bool


def guess_language(text: str) -> LanguageGuess:
    """Return the language that a text is most likely in: FALLBACK, unsure, where nothing tells."""
    text = text[:READ]
    said = words(text, "")
    scripts = Counter(match.lastgroup for word in said if (match := _SCRIPT.search(word)))
    if not said or sum(scripts.values()) < OTHER_SCRIPT * len(said):
        return _latin(said)
    share = sum(scripts.values()) / len(said)
    return LanguageGuess(_by_script(text, scripts), share >= 2 * OTHER_SCRIPT and len(said) >= LEAST_WORDS)


def _by_script(text: str, scripts: Counter[str | None]) -> str:
    kana = scripts["Hiragana"] + scripts["Katakana"]
    commonest = str(scripts.most_common(1)[0][0])
    code = "ja" if commonest == "Han" and kana > KANA_OF_JAPANESE * scripts["Han"] else SCRIPTS[commonest]
    for other, letters in OWN_LETTERS.get(code, ()):
        if sum(map(text.count, letters)) > 0.005 * len(text):
            return other
    return code


def _latin(said: list[str]) -> LanguageGuess:
    counts = Counter(said)
    shares = {
        code: sum(counts[word] for word in common_words) / max(len(said), 1) for code, common_words in _WORDS.items()
    }
    best = max(shares, key=lambda code: (shares[code], code == FALLBACK))
    english = shares[FALLBACK]
    if best == FALLBACK:
        return LanguageGuess(FALLBACK, english >= SURE_SHARE and len(said) >= SURE_WORDS)
    several = sum(bool(counts[word]) for word in _WORDS[best]) >= LEAST_KNOWN
    if not several or len(said) < LEAST_WORDS or shares[best] < max(LEAST_SHARE, TIMES_ENGLISH * english):
        return LanguageGuess(FALLBACK, False)
    plain = shares[best] >= max(SURE_SHARE, SURE_TIMES_ENGLISH * english)
    return LanguageGuess(best, plain and len(said) >= SURE_WORDS)


@lru_cache(maxsize=1000)
def contradicts(code: str, guessed: str) -> bool:
    """Whether a text that is plainly in the guessed language cannot be in this one: by its script, or by its words."""
    script, of_text = _script(code), _script(guessed)
    if not script or not of_text:
        return False
    if script != of_text:
        return True
    bare = normalise_language(code)
    return bare in _WORDS and guessed in _WORDS and bare != guessed


def _script(code: str) -> str:
    """Return the script that a language is written in; Chinese is one, however it is written."""
    try:
        script = langcodes.Language.get(code).maximize().script or ""
    except LanguageTagError:
        return ""
    return "Han" if script.startswith("Han") else script


def language_name(code: str) -> str:
    """Return the English name of a language, such as "Chinese"."""
    return langcodes.Language.get(code).display_name("en")
