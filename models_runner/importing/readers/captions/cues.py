"""Read captions: WebVTT (Zoom, Teams, Webex, Meet, YouTube), SubRip (SRT) and YouTube's SBV."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import srt
from webvtt import vtt

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.captions.cue_text import CHEVRONS, TIMESTAMP, CuePiece, pieces_of, plain
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Note, NoteKind, Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError, refuse_too_long
from models_runner.importing.speech.lines import Line, read_line
from models_runner.importing.speech.names import read_label
from models_runner.importing.speech.speakers import Speakers, find_speakers
from models_runner.importing.speech.text import TranscriptText
from models_runner.importing.speech.turns import PAUSE, SENTENCE_ENDS, Utterance, join_utterances

_CLOCK = r"(?:(\d{1,4})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2})(?:\s*[.,:]\s*(\d{1,6}))?"
ARROW = re.compile(rf"^\s*{_CLOCK}\s*(?:-{{1,2}}>|→|=>)\s*{_CLOCK}(?=\D|$)(.*)$")
SBV = re.compile(rf"^\s*{_CLOCK}\s*,\s*{_CLOCK}\s*$")
# What stands behind the times of a cue and places it on the screen: "align:start position:10%", "X1:10 Y1:20".
SETTINGS = re.compile(r"^(?:\s+[A-Za-z][A-Za-z0-9]*:[^\s:]*)*\s*$")
# Webex puts the name into the cue's identifier: 12 "Maya Chen" (2087438592).
WEBEX = re.compile(r'^\d+\s+"(?P<name>[^"]*)"\s*(?:\(\d+\))?$')
ROLLING_SHARE = 0.3
TOUCHING = 0.25  # seconds
MOST_NAMED = 0.8


@dataclass(frozen=True)
class Cue:
    start: float
    end: float
    identifier: str
    payload: str


def recognise_vtt(source: SourceFile) -> str:
    return "it begins with WEBVTT" if source.beginning.lstrip().startswith("WEBVTT") else ""


def recognise_srt(source: SourceFile) -> str:
    lines = source.beginning.splitlines()[:60]
    first = next((line for line in lines if line.strip()), "")
    timed = [line for line in lines if ARROW.match(line)]
    begins = ARROW.match(first) or first.strip().isdigit() or source.suffix in (".srt", ".vtt")
    return f"it has cue times such as {timed[0].strip()[:40]}" if timed and begins else ""


def recognise_sbv(source: SourceFile) -> str:
    first = next((line for line in source.beginning.splitlines() if line.strip()), "")
    return f"it begins with cue times such as {first.strip()[:40]}" if SBV.match(first) else ""


def read_vtt(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    text, timings = canonical(source.text(options.encoding), ".")
    lines = text.lstrip().split("\n")
    if not lines[0].startswith("WEBVTT"):
        lines = ["WEBVTT", "", *lines]
    cues = [
        Cue(c.start_time.in_milliseconds() / 1000, c.end_time.in_milliseconds() / 1000, c.identifier or "", c.raw_text)
        for c in vtt.parse([line for line in lines if line.strip() != "\ufeff"]).captions
    ]
    yield from _read(source, options, cues, timings)


def read_srt(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    text, timings = canonical(source.text(options.encoding), ",")
    cues = [
        Cue(s.start.total_seconds(), s.end.total_seconds(), "", s.content)
        for s in srt.parse(text.strip() + "\n\n", ignore_errors=True)
    ]
    yield from _read(source, options, cues, timings)


def canonical(text: str, mark: str) -> tuple[str, int]:
    """Write every line of times alike, as libraries want it: 00:01:02.500 --> 00:01:04.000; return their number too.

    People's files have times without hours or thousandths, with commas or dots, with one-digit minutes.
    """
    refuse_too_long(text)
    lines: list[str] = []
    timings = 0
    for line in re.split(r"\r\n|\r|\n", text):
        match = ARROW.match(line) or SBV.match(line)
        if match:
            timings += 1
            _part_from_cue_above(lines, identifiers=mark == ".")
            rest = match[9] if match.re is ARROW else ""
            # Other words behind the times are the cue's own, or a name; libraries would drop them.
            rest = rest if SETTINGS.match(rest) else f"\n{rest.strip()}"
            line = f"{_clock(match.groups()[:4], mark)} --> {_clock(match.groups()[4:8], mark)}{rest}"
        lines.append(line)
    return "\n".join(lines), timings


def _part_from_cue_above(lines: list[str], *, identifiers: bool) -> None:
    """Put a blank line between the last cue and the next, which people's files lack; a cue's number stays with it."""
    above = next((n for n in range(len(lines), 0, -1) if not lines[n - 1].strip()), 0)
    own = lines[-1].strip().isdigit() if lines else False
    if len(lines) - above > own and not (identifiers and len(lines) - above == 1):
        lines.insert(len(lines) - own, "")


def _clock(parts: tuple[str | None, ...], mark: str) -> str:
    hours, minutes, seconds, fraction = parts
    milliseconds = int(((fraction or "") + "000")[:3])
    total = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}{mark}{milliseconds:03d}"


def _read(source: SourceFile, options: ReadOptions, cues: list[Cue], timings: int) -> Iterator[Outcome]:
    if not cues:
        raise RecordError(
            source.name, "has no cues: expected lines such as 00:00:01.000 --> 00:00:04.000 with words below."
        )
    if len(cues) < timings:
        text = f"{timings - len(cues)} of {timings} cues could not be read, or have no words."
        yield Note(source.name, text, NoteKind.LEFT_OUT)
    transcript = transcript_of(cues)
    yield from record_of_turns(source, options, transcript)


def transcript_of(cues: list[Cue]) -> TranscriptText:
    pieces = [(cue, piece) for cue in cues for piece in _pieces(cue)]
    pieces = _without_rolling(cues, pieces)
    if any(piece.voice is not None for _, piece in pieces):
        utterances, speakers = [_of_voice(cue, piece) for cue, piece in pieces], Speakers({})
        unlabelled = [u for u in utterances if not u.speaker]
    else:
        utterances, speakers, unlabelled = _of_labels(pieces)
    result = TranscriptText(join_utterances(utterances), doubtful=speakers.doubtful, roles=speakers.left_out)
    for turn in result.turns:
        result.speakers[turn["speaker"]] = result.speakers.get(turn["speaker"], 0) + 1
    if any(result.speakers):
        result.unlabelled = [(int(u.start or 0), u.content) for u in unlabelled]
    result.numbered_by = "second"
    return result


def _pieces(cue: Cue) -> list[CuePiece]:
    pieces = pieces_of(cue.payload)
    if (webex := WEBEX.match(cue.identifier.strip())) and webex["name"].strip():
        return [replace(piece, voice=webex["name"]) if piece.voice is None else piece for piece in pieces]
    return pieces


def _of_voice(cue: Cue, piece: CuePiece) -> Utterance:
    name = read_label(piece.voice).name if piece.voice else ""
    return Utterance(name, piece.text, cue.start, cue.end, piece.changes)


def _of_labels(pieces: list[tuple[Cue, CuePiece]]) -> tuple[list[Utterance], Speakers, list[Utterance]]:
    """Find names before colons; words without one go on with a sentence that the cue before left open."""
    read = [
        (cue, piece, [read_line(n, line, times=False) for line in piece.lines]) for n, (cue, piece) in enumerate(pieces)
    ]
    _take_names_on_first_lines([lines for _, _, lines in read])
    speakers = find_speakers([line for _, _, lines in read for line in lines], [])
    chevrons = any(CHEVRONS.search(plain(cue.payload)) for cue in {id(cue): cue for cue, _ in pieces}.values())
    utterances: list[Utterance] = []
    unlabelled: list[Utterance] = []
    for cue, piece, lines in read:
        first = True
        for name, content in _labelled(lines, speakers):
            said = Utterance(name or "", content, cue.start, cue.end, piece.changes and first)
            if name is None and utterances and not said.apart and _goes_on(utterances[-1], said, chevrons):
                said = replace(said, speaker=utterances[-1].speaker)
            elif name is None:
                unlabelled.append(said)
            utterances.append(said)
            first = False
    return utterances, speakers, unlabelled


def _take_names_on_first_lines(cues: list[list[Line]]) -> None:
    """Take the first line of cues for who speaks, where almost all have a name there and words below it."""
    named = [lines for lines in cues if len(lines) > 1 and _is_name(lines[0])]
    if len(named) < max(2, MOST_NAMED * len(cues)):
        return
    for first, *_ in named:
        first.label, first.colon, first.form = read_label(first.words), True, "head"


def _is_name(line: Line) -> bool:
    return line.label is None and read_label(line.words).looks == "name"


def _labelled(lines: list[Line], speakers: Speakers) -> Iterator[tuple[str | None, str]]:
    """Yield the name, None if there is none, and the words, for each name in a cue."""
    name: str | None = None
    words: list[str] = []
    for line in lines:
        found = speakers.name_of(line) if line.colon else None
        if found is None:
            words.append(line.words)
            continue
        if words:
            yield name, " ".join(words)
        name, words = found, [line.rest] if line.rest else []
    if words:
        yield name, " ".join(words)


def _goes_on(before: Utterance, said: Utterance, chevrons: bool) -> bool:
    if not before.speaker:
        return False
    if chevrons:
        return True
    open_sentence = not before.content.rstrip().endswith(SENTENCE_ENDS) and not said.content[:1].isupper()
    return open_sentence and (said.start or 0) - (before.end or 0) < PAUSE


def _without_rolling(cues: list[Cue], pieces: list[tuple[Cue, CuePiece]]) -> list[tuple[Cue, CuePiece]]:
    """Take out what captions repeat while they roll or grow on the screen, as YouTube's do.

    Only in files that do so again and again: people repeat themselves too.
    """
    touching = [pair for pair in pairwise(pieces) if _touch(*pair)]
    rolling = sum(_overlap(before[1].lines, after[1].lines) is not None for before, after in touching)
    karaoke = any(TIMESTAMP.search(cue.payload) for cue in cues)
    if not rolling or (not karaoke and (len(touching) < 3 or rolling < ROLLING_SHARE * len(touching))):
        return pieces
    shown: tuple[str, ...] = ()
    voice: str | None = None
    result = []
    for cue, piece in pieces:
        overlap = _overlap(shown, piece.lines) if piece.voice == voice else None
        new = piece.lines if overlap is None else overlap
        shown, voice = piece.lines, piece.voice
        if new:
            result.append((cue, replace(piece, lines=new)))
    return result


def _touch(before: tuple[Cue, CuePiece], after: tuple[Cue, CuePiece]) -> bool:
    close = before[0] is not after[0] and after[0].start - before[0].end < TOUCHING
    return close and before[1].voice == after[1].voice


def _overlap(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what is new in lines that begin with lines shown before, or that those before grew to; None if all is."""
    for length in range(min(len(before), len(after)), 0, -1):
        if before[-length:] == after[:length]:
            return after[length:]
    old, new = " ".join(before), " ".join(after)
    if old and new.startswith(old + " "):
        return (new[len(old) + 1 :],)
    return None


READERS = (
    Reader("vtt", "WebVTT", recognise_vtt, read_vtt, (".vtt",), "webvtt-py", "speakers (<v Name>, Name:), starts"),
    Reader("srt", "SubRip", recognise_srt, read_srt, (".srt",), "srt", "speakers (Name:), starts"),
    Reader("sbv", "YouTube SBV", recognise_sbv, read_srt, (".sbv",), "srt", "speakers (Name:), starts"),
)
