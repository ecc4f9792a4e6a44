"""Read one line of a transcript: its time, what may be its speaker, and the words."""

import re
from dataclasses import dataclass

from models_runner.importing.speech.names import LONGEST_WHOLE, MARKS, UNSEEN, Label, read_label
from models_runner.importing.speech.times import (
    BEGINS_WITH_DATE,
    TRAILING_WORDS,
    alone,
    between,
    leading,
    seconds_of,
    trailing,
)

FARTHEST_COLON = LONGEST_WHOLE + 40  # roles and a time may stand between name and colon
COLON = re.compile(r":(?=\s|$)|：|:(?=[*_]{1,2}(?:\s|$))")
TIGHT_COLON = re.compile(r"[:：](?!//)(?!\d)")
CHAT = re.compile(r"^From\s+(?P<name>.+?)(?:\s+to\s+(?P<to>.+?))?\s*[:：](?P<rest>.*)$", re.IGNORECASE)
# A label without a colon that can be nothing else, before words.
BRACKETED = re.compile(
    r"^(?P<label>\((?i:person|speaker)[ _-]?\w{1,4}\)|\[(?i:person|speaker)[ _-]?\w{1,4}\]|<[^<>/\s][^<>/]{0,40}>)"
    r"\s+(?P<rest>\S.*)$"
)
# As the Diet of Japan keeps its minutes: ○議長（佐藤一郎君）　開会します。
CIRCLED = re.compile(r"^[○◯〇]\s*(?P<label>[^\s（）]{1,20}(?:（[^（）]{1,20}）)?)[\s\u3000]+(?P<rest>\S.*)$")
HASHED = re.compile(r"^(?P<label>#[^#\s][^#]{0,30}#)\s*[:：]?\s*(?P<rest>.*)$")
DIGIT = re.compile(r"\d")
BOLD = re.compile(r"^(?:\*\*|__)(?=[\[(]?\d)")
INDENT = re.compile(r"^(?:\t| {2,})")
PREPOSITIONS = frozenset(
    [
        "at",
        "by",
        "until",
        "till",
        "before",
        "after",
        "from",
        "to",
        "around",
        "about",
        "since",
        "in",
        "on",
        "um",
        "gegen",
        "bis",
        "ab",
        "à",
        "vers",
    ]
)


@dataclass
class Line:
    """One line with words.

    Attributes:
        number: Counted from 1.
        words: The line without its time and its bullet.
        time: Seconds, if the line has a time of its own.
        label: What may be the speaker; None if nothing looks like one.
        rest: What the speaker says on this line; "" if the label stands alone.
        colon: A colon follows the label, or the label needs none.
        whole: The line with its time.
        form: "time" (nothing but a time), "head" (a label and no words), "said" (a label and words) or "words".
        loose: The label is parted from the words by a tab, by a colon without a blank, or by a time: it counts where
            most lines are written so.
        between: The time parts the label from the words.
        dated: Its time has a date.
    """

    number: int
    words: str
    indented: bool = False
    time: float | None = None
    label: Label | None = None
    rest: str = ""
    colon: bool = False
    form: str = "words"
    after_blank: bool = False
    whole: str = ""
    loose: bool = False
    between: bool = False
    dated: bool = False

    def forget_label(self) -> None:
        if self.between:
            self.time = None
        self.label, self.rest, self.colon, self.form, self.loose, self.between = None, "", False, "words", False, False


def read_line(number: int, text: str, *, after_blank: bool = False, times: bool = True) -> Line:
    """Read one line that is not blank; times: whether it may have a time of its own."""
    indented = bool(INDENT.match(text))
    text = text.strip()
    if text[:1] and UNSEEN.match(text):
        text = UNSEEN.sub("", text[:FARTHEST_COLON]).lstrip() + text[FARTHEST_COLON:]
    if not times:
        line = Line(number, text, indented, after_blank=after_blank)
        _read_said(line, text)
        return line
    if alone().match(text) and (time := seconds_of(text)) is not None:
        return Line(number, text, indented, time, form="time", after_blank=after_blank)
    line = Line(number, text, indented, after_blank=after_blank, whole=text)
    words = _take_leading_time(line, text)
    if _read_said(line, words):
        _take_time_of_rest(line)
    else:
        _read_head(line, words)
        if line.form == "words":
            _read_loose(line, words)
    return line


def _take_leading_time(line: Line, text: str) -> str:
    bare = MARKS.sub("", text) if text[:1] in "-*•>#" else text
    bold = BOLD.match(bare)
    bare = bare[bold.end() :] if bold else bare
    if not DIGIT.search(bare[:4]):
        return text
    match = leading().match(bare)
    if match is None or (time := seconds_of(match["time"])) is None:
        return text
    rest = bare[match.end() :].strip()
    if not rest:
        return text
    # What made the time bold ends behind the name, or behind its colon.
    rest = rest.replace(bold[0], "", 1).strip() if bold else rest
    line.time, line.words, line.dated = time, rest, bool(BEGINS_WITH_DATE.match(match["time"]))
    return rest


def _take_time_of_rest(line: Line) -> None:
    """Take a time in brackets that stands behind the name: "Maya: [00:03] Good morning."."""
    if line.time is not None or line.rest[:1] not in ("[", "(", "<", "（", "【"):
        return
    match = leading().match(line.rest)
    if match and (time := seconds_of(match["time"])) is not None:
        line.time, line.rest = time, line.rest[match.end() :].strip()
        line.form = "said" if line.rest else "head"


def _read_loose(line: Line, words: str) -> None:
    """Find a label before a tab, or before a colon with words right behind it."""
    name, tab, rest = words.partition("\t")
    colon = None if tab else TIGHT_COLON.search(words[:FARTHEST_COLON])
    if colon:
        name, rest = words[: colon.start()], words[colon.end() :]
    if (tab or colon) and rest.strip() and _set(line, name, rest, colon=True):
        line.loose = True


def _read_said(line: Line, words: str) -> bool:
    """Find a label before a colon, or one that needs none."""
    if line.time is not None and (chat := CHAT.match(words)):
        return _set(line, chat["name"], chat["rest"], colon=True)
    if match := HASHED.match(words) or BRACKETED.match(words) or CIRCLED.match(words):
        return _set(line, match["label"], match["rest"], colon=True)
    may_hold_time = line.time is None and ("[" in words[:FARTHEST_COLON] or "(" in words[:FARTHEST_COLON])
    if may_hold_time and (match := between().match(words)) and _set_between(line, match):
        return True
    if line.time is not None and "\t" in words:
        name, _tab, rest = words.partition("\t")
        if _set(line, name.rstrip(":："), rest, colon=True):
            return True
    head = words[:FARTHEST_COLON]
    for match in (*COLON.finditer(head), *_tight(line, head)):
        label, rest = words[: match.start()], words[match.end() :]
        time = trailing().match(label)
        if time and seconds_of(time["time"]) is not None:
            label = time["label"]
        if _set(line, label, rest.lstrip("*_ ") if label.lstrip("- ")[:1] in "*_" else rest, colon=True):
            if time and line.time is None:
                line.time = seconds_of(time["time"])
            return True
        if match.start() > LONGEST_WHOLE:
            break
    return False


def _set_between(line: Line, match: re.Match[str]) -> bool:
    """Take a name that is sure to be one: nothing but the time in brackets parts it from the words."""
    time, label = seconds_of(match["time"]), read_label(match["label"])
    if time is None or label.looks != "name" or match["label"].rstrip()[-1:] in ".,;!?":
        return False
    if not _set(line, match["label"], match["rest"], colon=True):
        return False
    line.time, line.loose, line.between = time, True, True
    return True


def _tight(line: Line, head: str) -> list[re.Match[str]]:
    """A colon with words right behind it counts if a time stands before it."""
    match = TIGHT_COLON.search(head)
    return [match] if match and line.time is not None else []


def _read_head(line: Line, words: str) -> None:
    """Find a label beside a time, with no words: the heading of what follows."""
    if len(words) > FARTHEST_COLON:
        return
    match = (trailing().match(words) or TRAILING_WORDS.match(words)) if line.time is None else None
    if match and (time := seconds_of(match["time"])) is not None:
        wide = match["gap"].strip(" ") != "" or len(match["gap"]) > 1 or match["time"][0] in "[(<（【"
        label = read_label(match["label"])
        last = match["label"].split()[-1].casefold()
        if label.looks and last not in PREPOSITIONS and (wide or label.certain or label.looks == "name"):
            line.label, line.time, line.form = label, time, "head"
            return
    label = read_label(words)
    if label.looks:
        line.label, line.form = label, "head"


def _set(line: Line, name: str, rest: str, *, colon: bool) -> bool:
    if (
        "\t" in name.strip()
        or "://" in name
        or (rest.startswith("//") and name.split()[-1:] and name.split()[-1].isalpha())
    ):
        return False
    label = read_label(name)
    if not label.looks:
        return False
    line.label, line.rest, line.colon = label, rest.strip(), colon
    line.form = "said" if line.rest else "head"
    return True
