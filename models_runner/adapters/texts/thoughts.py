"""Part what a model thought from what it answered, for every engine.

Servers and templates mark thoughts in many ways; MARKS is the table of them. A mark that nobody closes, or nobody
opens, counts too: some chat templates open the thought themselves, and a limit may end it.
"""

from dataclasses import dataclass, field

import regex

_NAMES = r"think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|inner_monologue|seed:think"

_ANSWERS = r"answer|response|output|final_answer|summary"

# (opens, closes) as regular expressions.
MARKS = (
    (rf"<\s*(?:{_NAMES})(?:\s[^<>]*)?>", rf"<\s*/\s*(?:{_NAMES})\s*>"),
    (r"◁\s*think\s*▷", r"◁\s*/\s*think\s*▷"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (r"<\|think(?:ing)?(?:_start)?\|>", r"<\|/think(?:ing)?\|>|<\|think(?:ing)?_end\|>"),
    (r"<｜think(?:ing)?｜>", r"<｜/think(?:ing)?｜>"),
    (r"<details\s+type=[\"']?reasoning[\"']?[^<>]*>(?:\s*<summary>[^<>]*</summary>)?", r"</details\s*>"),
    (r"<unused94>(?:thought)?", r"<unused95>"),
    (r"<\|channel>thought", r"<channel\|>"),
)
# Marks around the answer itself, which say nothing.
WRAPPERS = (
    (rf"<\s*(?:{_ANSWERS})\s*>", rf"<\s*/\s*(?:{_ANSWERS})\s*>"),
    (r"<\|begin_of_box\|>", r"<\|end_of_box\|>"),
    (r"<\|START_RESPONSE\|>", r"<\|END_RESPONSE\|>"),
    (r"<\|begin_of_solution\|>", r"<\|end_of_solution\|>"),
)

_OPEN = regex.compile("|".join(opens for opens, _ in MARKS), regex.IGNORECASE)
_CLOSE = regex.compile("|".join(closes for _, closes in MARKS), regex.IGNORECASE)
_PAIRS = [(regex.compile(opens, regex.IGNORECASE), regex.compile(closes, regex.IGNORECASE)) for opens, closes in MARKS]
# A mark within quotes or back-ticks is spoken about, not meant.
_QUOTES = "`'\"“‘«„「"
# One without an end in the middle of a sentence is spoken about as well: "they rename the <think> tag".
_IN_A_SENTENCE = regex.compile(r"[\w,;:(] $")
_GOES_ON = regex.compile(r"^(?: [\p{Ll}\p{N}]|[.,;:)?!])")

_HARMONY_START = regex.compile(r"^\s*(?:<\|start\|>\s*assistant\s*)?<\|channel\|>", regex.IGNORECASE)
_HARMONY_PART = regex.compile(r"<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", regex.IGNORECASE)
_HARMONY_MARK = regex.compile(r"<\|(?:start|end|return|call|channel|message|constrain)\|>", regex.IGNORECASE)
_HARMONY_HEAD = regex.compile(r"<\|start\|>\s*\w+[^<]*", regex.IGNORECASE)
# Thoughts that are marked by words alone: thought, then answer, which is missing where the limit came first. The
# first two are left of the channels where a server drops special tokens: "analysisThe user ...assistantfinalThe team".
_WORDS = (
    regex.compile(r"\s*(?:assistant)?analysis(?=\W|\p{Lu})(.*?)assistant\s*final(?=\W|\p{Lu})(.*)", regex.DOTALL),
    regex.compile(r"\s*(?:assistant)?analysis(?=\p{Lu})(.*)()", regex.DOTALL),
    regex.compile(r"\s*Here(?: is|'s) my thought process:(.*?)Here(?: is|'s) my response:(.*)", regex.DOTALL),
    regex.compile(r"\s*Here(?: is|'s) my thought process:(.*)()", regex.DOTALL),
)
_FINAL = "final"


@dataclass
class _Parts:
    answer: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Parted:
    """An answer without its thoughts.

    Attributes:
        text: The answer, without blanks around it.
        thoughts: What the model thought, in order; "" if it did not.
        unfinished: Whether the answer ends within a thought.
    """

    text: str
    thoughts: str = ""
    unfinished: bool = False


def part_thoughts(written: str, *, opened: bool = False) -> Parted:
    """Part an answer from the thoughts that are marked in it.

    Args:
        written: What the model wrote.
        opened: Whether the prompt's last words opened a thought, so that the answer begins inside it.
    """
    if _HARMONY_START.match(written):
        return _part_harmony(written)
    for words in _WORDS:
        if match := words.fullmatch(written):
            return Parted(match[2].strip(), match[1].strip(), not match[2].strip())
    parts, unfinished = _part_marked(written, opened=opened)
    thoughts = "\n\n".join(text for part in parts.thoughts if (text := part.strip()))
    text = _joined(parts.answer)
    return Parted(_unwrapped(text) if thoughts or text.startswith("<") else text, thoughts, unfinished)


def is_thought_mark(token: str) -> bool:
    """Tell whether a token marks a thought, so that it must not be dropped before thoughts are parted."""
    return any(pattern.fullmatch(token) for pattern in (_OPEN, _CLOSE, _HARMONY_MARK))


def _joined(pieces: list[str]) -> str:
    """Join what stood around thoughts, so that words do not run together."""
    text = ""
    for piece in pieces:
        apart = text and piece and not text[-1].isspace() and not piece[0].isspace()
        text += f" {piece}" if apart else piece
    return text.strip()


def opens_thought(prompt: str) -> bool:
    """Tell whether a rendered prompt ends by opening a thought, as the templates of models that always think do."""
    end = prompt.rstrip()[-40:]
    return any(match.end() == len(end) for match in _OPEN.finditer(end))


def _part_marked(written: str, *, opened: bool) -> tuple[_Parts, bool]:
    parts, position = _Parts(), 0
    if opened and not _OPEN.match(written.lstrip()):
        position = _close_first(written, parts)
        if position < 0:
            return parts, True
    while True:
        opens, closes = _next_open(written, position), _next_close(written, position)
        if closes and (opens is None or closes.start() < opens.start()):
            # Only closed: all before it was thought.
            parts.thoughts += [*parts.answer, written[position : closes.start()]]
            parts.answer.clear()
            position = closes.end()
        elif opens is None:
            parts.answer.append(written[position:])
            return parts, False
        else:
            parts.answer.append(written[position : opens.start()])
            end = _closing(opens, written)
            parts.thoughts.append(written[opens.end() : end.start() if end else None])
            if end is None:
                return parts, True
            position = end.end()


def _close_first(written: str, parts: _Parts) -> int:
    """Take what stands before the first closing mark for a thought; return where it ends, -1 if it does not."""
    end = _next_close(written, 0)
    parts.thoughts.append(written[: end.start() if end else None])
    return end.end() if end else -1


def _next_open(written: str, position: int) -> "regex.Match[str] | None":
    for match in _OPEN.finditer(written, position):
        if not _is_quoted(written, match) and (_closing(match, written) or not _is_spoken_about(written, match)):
            return match
    return None


def _next_close(written: str, position: int) -> "regex.Match[str] | None":
    return next((m for m in _CLOSE.finditer(written, position) if not _is_quoted(written, m)), None)


def _closing(opens: "regex.Match[str]", written: str) -> "regex.Match[str] | None":
    """Find the mark that closes this one; thoughts of one kind within another are counted."""
    opening, closing = next(pair for pair in _PAIRS if pair[0].fullmatch(opens[0]))
    depth, position = 1, opens.end()
    while (end := closing.search(written, position)) is not None:
        depth += sum(1 for _ in opening.finditer(written, position, end.start())) - 1
        if depth <= 0 or not closing.search(written, end.end()):
            return end
        position = end.end()
    return None


def _is_quoted(written: str, match: "regex.Match[str]") -> bool:
    before = written[match.start() - 1 : match.start()] if match.start() else ""
    return bool(before) and before in _QUOTES


def _is_spoken_about(written: str, match: "regex.Match[str]") -> bool:
    before, after = written[: match.start()], written[match.end() : match.end() + 2]
    return bool(_IN_A_SENTENCE.search(before)) and bool(_GOES_ON.match(after))


def _unwrapped(text: str) -> str:
    for opens, closes in WRAPPERS:
        whole = regex.fullmatch(rf"(?:{opens})(.*?)(?:{closes}\s*)?", text, regex.DOTALL | regex.IGNORECASE)
        if whole:
            return str(whole[1]).strip()
    return text


def _part_harmony(written: str) -> Parted:
    """Part the channels of gpt-oss: `final` is the answer, all others are thoughts."""
    marks = list(_HARMONY_PART.finditer(written))
    parts = _Parts()
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        said = written[mark.end() : after.start() if after else None]
        said = _HARMONY_MARK.sub("", _HARMONY_HEAD.sub("", said)).strip()
        (parts.answer if mark[1].lower() == _FINAL else parts.thoughts).append(said)
    finished = any(mark[1].lower() == _FINAL for mark in marks)
    return Parted("\n\n".join(filter(None, parts.answer)), "\n\n".join(filter(None, parts.thoughts)), not finished)
