"""Read the text of a transcript, whatever tool wrote it, as turns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from models_runner.importing.records import Turn, refuse_too_long
from models_runner.importing.speech.lines import Line, read_line
from models_runner.importing.speech.speakers import ALMOST_ALL, Speakers, find_speakers
from models_runner.importing.speech.turns import SENTENCE_ENDS, Utterance, join_utterances, turn_of

# What tools write around the words of a meeting.
BOILERPLATE = re.compile(
    r"^(?:transcribed by https?://.*|https?://otter\.ai\S*|this (?:editable )?transcript was .*computer[- ]generated.*"
    r"|(?:meeting|transcription|recording) (?:started|ended)(?: at| after)? .{1,40}"
    r"|people can also change the text after it was created\.?"
    r"|.{1,60} (?:started|stopped) (?:the )?(?:transcription|recording)\.?"
    r"|.{1,60} (?:joined|left) the (?:meeting|call)\.?|webvtt|\*{3,}|-{3,}|_{3,}|={3,}|transcript|transcription"
    r"|\[?end of (?:transcript|recording)\]?\.?|view recording\b.*|summary keywords|speakers|attendees|invitees"
    r"|(?:文字记录|文字記錄|会议转写|转写记录|关键词|會議記錄|关键字)\s*[:：]?)$",
    re.IGNORECASE,
)
LISTS = re.compile(r"^(?:speakers|attendees|participants|invitees|teilnehmer|与会人员|参会人员)\s*[:：]?$", re.I)
KEYWORDS = re.compile(r"^(?:(?:summary )?keywords|关键词|关键字)\s*[:：]?$", re.IGNORECASE)
# A date, with or without a time and how long it took: Mon, Jan 5, 2026 10:00AM; 2026年1月5日 上午 10:00|32分钟10秒.
DATED = re.compile(r"^[^\n]{0,30}\b(?:19|20)\d\d(?:年|\b)[^\n]{0,40}$")
LEAST_TIMES = 0.2
MOST_TIMES = 0.8
WRAPPED_FROM = 40  # characters: a line that was broken is not much shorter than its page


@dataclass
class TranscriptText:
    """What was read.

    Attributes:
        speakers: Turns by speaker, as shown, in order of appearance; "" if nobody knows.
        unlabelled: Lines without a speaker in a text that has speakers, with their numbers.
        left_out: Lines that are no speech, with their numbers.
        doubtful: Labels that were taken for headings or words.
        roles: Roles and pronouns that were taken out of names.
        title: A line above the first speaker, where times and names stand on lines of their own.
        numbered_by: What the numbers of lines count.
    """

    turns: list[Turn]
    speakers: dict[str, int] = field(default_factory=dict)
    unlabelled: list[tuple[int, str]] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)
    doubtful: tuple[str, ...] = ()
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    numbered_by: str = "line"


def read_transcript(text: str) -> TranscriptText:
    """Read a transcript; every line with words is in a turn or is named in left_out. Raises TooLongError."""
    refuse_too_long(text)
    result = TranscriptText([])
    lines = _lines(text)
    listed = _take_boilerplate(lines, result)
    _forget_loose_labels(lines)
    _give_times_to_names(lines)
    _forget_stray_times(lines)
    heads = _heads(lines)
    _take_preamble(lines, heads, result)
    speakers = find_speakers([line for line in lines if line.form in ("said", "words")], heads, listed)
    numbers = {line.number for line in heads}
    _take_lone_names(lines, numbers, speakers, result)
    utterances = _utterances(lines, numbers, speakers, result)
    timed = any(utterance.start is not None for utterance, _ in utterances)
    result.turns = join_utterances([u for u, _ in utterances]) if timed else _one_by_one(utterances)
    result.doubtful, result.roles = speakers.doubtful, speakers.left_out
    for turn in result.turns:
        result.speakers[turn["speaker"]] = result.speakers.get(turn["speaker"], 0) + 1
    if not speakers.names:
        result.unlabelled = []
    return result


def turns_of_text(text: str) -> list[Turn]:
    return read_transcript(text).turns


def _lines(text: str) -> list[Line]:
    lines, after_blank = [], True
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if line.strip():
            lines.append(read_line(number, line, after_blank=after_blank))
        after_blank = not line.strip()
    return lines


def _take_boilerplate(lines: list[Line], result: TranscriptText) -> list[str]:
    """Take lines that tools write around the words out of the list; return the names that the text lists.

    Only where speakers are certain to be told by other lines: those with a time.
    """
    if not any(line.form == "time" or (line.label and line.time is not None) for line in lines):
        return []
    listed: list[str] = []
    gone: set[int] = set()
    for line, below in pairwise([*lines, None]):
        if line is None or line.number in gone or not BOILERPLATE.match(line.words):
            continue
        gone.add(line.number)
        is_list = bool(LISTS.match(line.words))
        if _is_listed(line, below) and below and (is_list or KEYWORDS.match(line.words)):
            gone.add(below.number)
            listed += [name.strip() for name in re.split(r"[,;、，]", below.words) if is_list and name.strip()]
    _leave_out(lines, gone, result)
    return listed


def _is_listed(title: Line, below: Line | None) -> bool:
    """Whether the line below the title of a list is that list, not speech."""
    near = below is not None and below.number <= title.number + 2
    return below is not None and near and below.time is None and not below.colon


def _leave_out(lines: list[Line], numbers: set[int], result: TranscriptText) -> None:
    result.left_out += [(line.number, line.words) for line in lines if line.number in numbers]
    lines[:] = [line for line in lines if line.number not in numbers]


def _take_preamble(lines: list[Line], heads: list[Line], result: TranscriptText) -> None:
    """Take title and date above the first time, where what people say stands beside or below one."""
    first = next((line for line in lines if line.time is not None), None)
    named = any(line.label and line.time is not None for line in lines) or any(line.colon for line in lines)
    if first is None or not named:
        return
    above = [line for line in lines if line.number < first.number]
    headed = {line.number for line in heads}
    if any(line.colon or line.number in headed for line in above):
        return
    _leave_out(lines, {line.number for line in above}, result)
    result.left_out.sort()
    title = next((line for line in above if not DATED.match(line.words)), above[0] if above else None)
    result.title = title.words if title else ""


def _forget_loose_labels(lines: list[Line]) -> None:
    """A tab, or a colon without a blank, parts names from words only where most lines are written so."""
    loose = [line for line in lines if line.loose]
    if len(loose) > 1 and len(loose) >= ALMOST_ALL * len(lines):
        return
    for line in loose:
        line.forget_label()


def _give_times_to_names(lines: list[Line]) -> None:
    """Give times on lines of their own to the names above or below them, where almost all have one there.

    So writes Teams: a time, a name, the words; or a name, a time, the words.
    """
    times = [n for n, line in enumerate(lines) if line.form == "time"]
    if len(times) < 2:
        return
    for step in (-1, 1):
        pairs = [(n, n + step) for n in times if _names_who_speaks(lines, n, n + step)]
        if len(pairs) >= MOST_TIMES * len(times):
            for time, name in pairs:
                lines[name].time = lines[time].time
                lines[name].after_blank = lines[name].after_blank or lines[time].after_blank
            gone = {time for time, _ in pairs}
            lines[:] = [line for n, line in enumerate(lines) if n not in gone]
            return


def _names_who_speaks(lines: Sequence[Line], time: int, name: int) -> bool:
    """Whether there is a name on this line, and words behind the name and the time."""
    below = max(time, name) + 1
    if name < 0 or below >= len(lines) or lines[below].form == "time":
        return False
    line = lines[name]
    return line.form == "head" and line.time is None and line.label is not None and line.label.looks == "name"


def _forget_stray_times(lines: list[Line]) -> None:
    """A single line that begins with a time, in a text without others, tells of an appointment."""
    timed = [line for line in lines if line.time is not None]
    if len(timed) >= max(2, LEAST_TIMES * len(lines)) or any(line.label for line in timed) or len(lines) < 3:
        return
    for line in timed:
        line.time, line.words = None, line.whole or line.words
        line.form = "words" if line.form == "time" else line.form


def _heads(lines: list[Line]) -> list[Line]:
    """Find the lines that name who says what follows: with a time, with a colon, or alone on a line of their own."""
    heads = [line for line, below in pairwise([*lines, None]) if line and line.form == "head" and _has_words(below)]
    timed = [line for line in heads if line.time is not None]
    if timed:
        names = [line for line in timed if line.label and line.label.looks != "heading"]
        return [line for line in names if line.label and (line.label.looks == "name" or _recurs(line, names))]
    colon = [line for line in heads if line.colon and line.label and line.label.looks in ("name", "lower")]
    said = [line for line in lines if line.form == "said" and line.label and line.label.looks != "heading"]
    if len(colon) > len(said) / 2:
        return [line for line in colon if line.label and (line.label.looks == "name" or _recurs(line, colon))]
    bare = [line for line in heads if line.label and line.label.looks == "name" and not line.colon]
    return bare if len(said) < len(bare) and _stand_alone(lines, bare) else []


def _has_words(below: Line | None) -> bool:
    """Whether what is below a head is said by whom it names."""
    if below is None or below.form == "time":
        return False
    return not (below.form == "head" and (below.time is not None or below.colon))


def _recurs(line: Line, among: Sequence[Line]) -> bool:
    return len(among) > 1 or bool(line.label and line.label.certain)


def _stand_alone(lines: Sequence[Line], bare: Sequence[Line]) -> bool:
    """Whether names on lines of their own begin most paragraphs, or come again and again."""
    keys = [line.label.key for line in bare if line.label]
    numbers = {line.number for line in bare}
    paragraphs = [line for line in lines if line.after_blank]
    begun = [line for line in paragraphs if line.number in numbers]
    if len(paragraphs) > 1 and len(begun) == len(bare) and len(begun) >= 0.8 * len(paragraphs):
        return True
    return len(set(keys)) > 1 and len(keys) > len(set(keys)) and len(bare) >= 0.3 * len(lines)


def _take_lone_names(lines: list[Line], heads: set[int], speakers: Speakers, result: TranscriptText) -> None:
    """Take known names with a colon and no words: for who says the lines below, or out of the list if none follow."""
    silent: set[int] = set()
    for line, below in pairwise([*lines, None]):
        lone = line is not None and line.form == "head" and line.colon and speakers.name_of(line) is not None
        if line is None or not lone or line.number in heads:
            continue
        (heads if below is not None and below.form == "words" else silent).add(line.number)
    _leave_out(lines, silent, result)
    result.left_out.sort()


def _utterances(
    lines: Sequence[Line], heads: set[int], speakers: Speakers, result: TranscriptText
) -> list[tuple[Utterance, bool]]:
    """Return what was said, each with whether it goes on with the utterance before it."""
    said: list[tuple[Utterance, bool]] = []
    head, pending = "", None  # who was named on a line of its own, and a time on a line of its own
    chat = _is_dated_chat(lines)
    flowing = any(line.label and line.label.certain and line.words.startswith("(") for line in lines)
    for line in lines:
        if line.form == "time":
            pending = line.time
            continue
        start, pending = (pending if line.time is None else line.time), None
        name = speakers.name_of(line) if line.form != "words" else None
        if line.number in heads and name is not None:
            head, pending = name, start
            continue
        if line.form == "said" and name is not None:
            said.append((Utterance(name, line.rest, start), False))
            head = name if flowing else ""
        elif head or (said and (_is_wrapped(said[-1][0], line) or (chat and start is None and said[-1][0].speaker))):
            said.append((Utterance(head or said[-1][0].speaker, line.words, start), True))
        else:
            said.append((Utterance("", line.words, start), False))
            result.unlabelled.append((line.number, line.words))
    return said


def _is_dated_chat(lines: Sequence[Line]) -> bool:
    """Whether each message begins with its date, so that a line without one belongs to the message above it."""
    dated = sum(line.dated for line in lines)
    return dated > 1 and dated >= ALMOST_ALL * sum(line.time is not None for line in lines)


def _is_wrapped(before: Utterance, line: Line) -> bool:
    """Whether a line without a speaker goes on with the line before: a broken line, or one that is indented."""
    if line.time is not None:
        return False
    if line.indented and before.speaker:
        return True
    broken = not before.content.endswith(SENTENCE_ENDS) and line.words[:1].islower()
    long = len(before.speaker) + len(before.content) >= WRAPPED_FROM
    return broken and long and bool(before.speaker) and not line.after_blank


def _one_by_one(utterances: Sequence[tuple[Utterance, bool]]) -> list[Turn]:
    """Without times every line is a turn, but for those that go on with the one before."""
    turns: list[list[Utterance]] = []
    for utterance, goes_on in utterances:
        if goes_on and turns and turns[-1][0].speaker == utterance.speaker:
            turns[-1].append(utterance)
        elif utterance.content.strip():
            turns.append([utterance])
    return [turn_of(pieces) for pieces in turns]
