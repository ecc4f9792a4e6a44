"""Read AMI and ICSI as the NITE XML Toolkit stores them: one file of words for each speaker of a meeting.

words/ES2002a.A.words.xml
corpusResources/meetings.xml                 who A is: the role, if the folder has it
abstractive/ES2002a.abssumm.xml              the summary written by a person, if the folder has it
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.recognition.pieces import join_words
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Outcome, ReadOptions, Unit
from models_runner.importing.records import RecordError
from models_runner.importing.speech.text import TranscriptText
from models_runner.importing.speech.turns import Utterance, join_utterances

NAME = "nxt"
MISSING = "holds no NXT words: there is no file such as words/ES2002a.A.words.xml."
WORDS = re.compile(r"^(?P<meeting>[^.]+)\.(?P<channel>[^.]+)\.words\.xml$")
SUMMARY = re.compile(r"^(?P<meeting>[^.]+)\.abssumm\.xml$")
LONGEST_GAP = 1.0  # seconds without a word: whoever speaks next begins an utterance
ROLES = {"PM": "Project Manager", "ME": "Marketing Expert", "UI": "User Interface", "ID": "Industrial Designer"}


def claim(sources: Sequence[SourceFile], options: ReadOptions) -> tuple[list[Unit], set[str]]:
    """Return a unit for each meeting, and the names of the files that belong to the corpus."""
    words: dict[str, list[SourceFile]] = defaultdict(list)
    summaries: dict[str, SourceFile] = {}
    for source in sources:
        name = PurePosixPath(source.name).name
        if match := WORDS.match(name):
            words[match["meeting"]].append(source)
        elif match := SUMMARY.match(name):
            summaries[match["meeting"]] = source
    if not words:
        return [], set()
    meetings = next((s for s in sources if PurePosixPath(s.name).name == "meetings.xml"), None)
    units = [
        Unit(
            f"{meeting} ({len(files)} files)",
            NAME,
            f"{files[0].name} is named as the words of one speaker",
            partial(_read, meeting, files, summaries.get(meeting), meetings, options),
        )
        for meeting, files in words.items()
    ]
    return units, {source.name for source in sources if source.suffix == ".xml"}


def _read(
    meeting: str,
    files: Sequence[SourceFile],
    summary: SourceFile | None,
    meetings: SourceFile | None,
    options: ReadOptions,
) -> Iterator[Outcome]:
    names = _roles(meetings, meeting)
    utterances: list[Utterance] = []
    for file in files:
        match = WORDS.match(PurePosixPath(file.name).name)
        channel = match["channel"] if match else ""
        utterances += _utterances(file, names.get(channel, channel))
    utterances.sort(key=lambda utterance: utterance.start or 0)
    transcript = TranscriptText(join_utterances(utterances), numbered_by="second")
    for turn in transcript.turns:
        transcript.speakers[turn["speaker"]] = transcript.speakers.get(turn["speaker"], 0) + 1
    source = SourceFile(meeting, data=b"")
    yield from record_of_turns(source, options, transcript, references=_summary(summary) if summary else ())


def _utterances(file: SourceFile, speaker: str) -> Iterator[Utterance]:
    """Yield the words of one speaker, put together up to a pause or the end of a sentence."""
    words: list[str] = []
    start = end = None
    for element in _root(file):
        if element.tag.rpartition("}")[2] != "w" or not element.text:
            continue
        begins = _time(element, "starttime", end)
        closed = bool(words) and words[-1][-1:] in ".?!" and element.get("punc") != "true"
        if words and (closed or (begins is not None and end is not None and begins - end > LONGEST_GAP)):
            yield Utterance(speaker, join_words(words), start, end)
            words, start = [], None
        words.append(element.text.strip())
        start = begins if start is None else start
        end = _time(element, "endtime", begins)
    if words:
        yield Utterance(speaker, join_words(words), start, end)


def _time(element: Element, name: str, otherwise: float | None) -> float | None:
    try:
        return float(element.get(name, ""))
    except ValueError:
        return otherwise


def _root(file: SourceFile) -> Element:
    try:
        return ElementTree.fromstring(file.data)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise RecordError(file.name, f"is no XML that can be read: {error}.") from error
    finally:
        file.forget()


def _roles(meetings: SourceFile | None, meeting: str) -> dict[str, str]:
    """Return the role of each channel's speaker, such as Project Manager, if the corpus tells it."""
    if meetings is None:
        return {}
    for element in _root(meetings).iter():
        if element.get("observation") == meeting:
            return {
                speaker.get("nxt_agent", ""): ROLES.get(speaker.get("role", ""), speaker.get("role", ""))
                for speaker in element
                if speaker.get("nxt_agent") and speaker.get("role")
            }
    return {}


def _summary(file: SourceFile) -> list[str]:
    """Return the abstract, without the lists of decisions and problems that follow it."""
    for element in _root(file).iter():
        if element.tag.rpartition("}")[2] == "abstract":
            sentences = [(child.text or "").strip() for child in element]
            return [" ".join(sentence for sentence in sentences if sentence)]
    return []
