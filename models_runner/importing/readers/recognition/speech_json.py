"""Read the JSON of speech recognition: Whisper and its kin, and the services in cloud_json."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.recognition import cloud_json
from models_runner.importing.readers.recognition.pieces import (
    Pieces,
    items,
    language_code,
    milliseconds,
    number,
    speaker_of,
    text_of,
)
from models_runner.importing.readers.records_of import record_of_turns
from models_runner.importing.reading import Outcome, Reader, ReadOptions
from models_runner.importing.records import RecordError
from models_runner.importing.speech.text import TranscriptText, read_transcript
from models_runner.importing.speech.times import seconds_of
from models_runner.importing.speech.turns import Utterance, join_utterances

Dialect = tuple[Callable[[Any], bool], Callable[[Any], Pieces]]


def _is_whisper(value: Any) -> bool:
    """OpenAI's whisper and API, faster-whisper, WhisperX, and the diarized answers of OpenAI's API."""
    segments = value.get("segments") if isinstance(value, Mapping) else None
    return _all_have(segments, "text") and any("start" in segment or "words" in segment for segment in items(segments))


def _whisper(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language=language_code(value.get("language")))
    for segment in items(value["segments"]):
        words = items(segment.get("words"))
        if "speaker" not in segment and any("speaker" in word for word in words):
            pieces.add_words(words)
        else:
            pieces.add(speaker_of(segment), segment.get("text"), number(segment, "start"), number(segment, "end"))
    return pieces


WORD_LISTS = ("word_segments", "words", "result")  # of WhisperX, OpenAI's API, Vosk


def _is_whisper_words(value: Any) -> bool:
    return isinstance(value, Mapping) and any(_all_have(value.get(key), "word") for key in WORD_LISTS)


def _whisper_words(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language=language_code(value.get("language")))
    pieces.add_words(next(found for key in WORD_LISTS if (found := items(value.get(key)))))
    return pieces


def _is_whisper_cpp(value: Any) -> bool:
    return isinstance(value, Mapping) and _all_have(value.get("transcription"), "text")


def _whisper_cpp(value: Mapping[str, Any]) -> Pieces:
    result = value.get("result")
    pieces = Pieces(language=language_code(result.get("language") if isinstance(result, Mapping) else None))
    for segment in items(value["transcription"]):
        offsets, stamps = segment.get("offsets"), segment.get("timestamps")
        start = milliseconds(offsets, "from") if isinstance(offsets, Mapping) else None
        end = milliseconds(offsets, "to") if isinstance(offsets, Mapping) else None
        if start is None and isinstance(stamps, Mapping):
            start = seconds_of(str(stamps.get("from", "")))
        pieces.add(speaker_of(segment), segment.get("text"), start, end)
    return pieces


def _is_pipeline(value: Any) -> bool:
    """The transformers pipeline, and insanely-fast-whisper with its diarized "speakers"."""
    return isinstance(value, Mapping) and any(_all_have(value.get(key), "timestamp") for key in ("chunks", "speakers"))


def _pipeline(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language=language_code(value.get("language")))
    for chunk in items(value.get("speakers")) or items(value.get("chunks")):
        start, end = (*(chunk.get("timestamp") or ()), None, None)[:2]
        pieces.add(speaker_of(chunk), chunk.get("text"), start, end)
    return pieces


def _is_youtube(value: Any) -> bool:
    """YouTube's json3."""
    return isinstance(value, Mapping) and _some_have(value.get("events"), "segs")


def _youtube(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces()
    for event in items(value["events"]):
        start, length = milliseconds(event, "tStartMs"), milliseconds(event, "dDurationMs")
        words = "".join(str(segment.get("utf8", "")) for segment in items(event.get("segs")))
        end = None if start is None or length is None else start + length
        # The lines of rolling captions overlap on the screen, not in speech.
        pieces.add("", words, start, None if event.get("wWinId") or event.get("aAppend") else end)
    return pieces


def _is_text_alone(value: Any) -> bool:
    """OpenAI's API in its shortest form: {"text": ...}."""
    beside = ("text", "language", "duration", "task", "usage", "logprobs", "model", "segments", "words")
    return isinstance(value, Mapping) and isinstance(value.get("text"), str) and set(value) <= set(beside)


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(line, str) for line in value)


def _all_have(value: Any, *keys: str) -> bool:
    found = items(value)
    return bool(found) and all(any(key in item for key in keys) for item in found)


def _some_have(value: Any, *keys: str) -> bool:
    return any(key in item for item in items(value) for key in keys)


DIALECTS: dict[str, Dialect] = {
    "deepgram": (cloud_json.is_deepgram, cloud_json.deepgram),
    "assemblyai": (cloud_json.is_assemblyai, cloud_json.assemblyai),
    "aws": (cloud_json.is_aws, cloud_json.aws),
    "aws-call": (cloud_json.is_aws_call, cloud_json.aws_call),
    "azure": (cloud_json.is_azure, cloud_json.azure),
    "rev": (cloud_json.is_rev, cloud_json.rev),
    "speechmatics": (cloud_json.is_speechmatics, cloud_json.speechmatics),
    "google": (cloud_json.is_google, cloud_json.google),
    "gladia": (cloud_json.is_gladia, cloud_json.gladia),
    "elevenlabs": (cloud_json.is_elevenlabs, cloud_json.elevenlabs),
    "recall": (cloud_json.is_recall, cloud_json.recall),
    "whisper": (_is_whisper, _whisper),
    "whisper.cpp": (_is_whisper_cpp, _whisper_cpp),
    "whisper-pipeline": (_is_pipeline, _pipeline),
    "whisper-words": (_is_whisper_words, _whisper_words),
    "youtube": (_is_youtube, _youtube),
    "fireflies": (cloud_json.is_fireflies, cloud_json.fireflies),
}
# Texts without pieces: recognised after all others.
TEXTS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], str]]] = {
    "whisper-text": (_is_text_alone, lambda value: str(value["text"])),
    "lines": (_is_lines, "\n".join),
}
# By the name of --format; the rest are found by content.
FAMILIES = {
    "whisper": ("whisper", "whisper.cpp", "whisper-pipeline", "whisper-words", "whisper-text"),
    "deepgram": ("deepgram",),
    "assemblyai": ("assemblyai",),
    "aws": ("aws", "aws-call"),
    "fireflies": ("fireflies",),
    "speech-json": (*DIALECTS, *TEXTS),
}


def dialect_of(value: Any, among: Sequence[str] = (*DIALECTS, *TEXTS)) -> str:
    """Return the name of the first dialect that recognises the value; "" if none does."""
    return next((name for name in among if (DIALECTS.get(name) or TEXTS[name])[0](value)), "")


def _named_language(value: Any) -> Any:
    return value.get("language") if isinstance(value, Mapping) else None


def transcript_of(value: Any, dialect: str) -> tuple[TranscriptText, str]:
    """Return the turns of a recognised value, and its language, "" if it names none."""
    if dialect in TEXTS:
        return read_transcript(TEXTS[dialect][1](value)), language_code(_named_language(value))
    pieces = DIALECTS[dialect][1](value)
    utterances = [Utterance(p.speaker, text_of(p.content), p.start, p.end) for p in pieces.utterances]
    transcript = TranscriptText(join_utterances(utterances), numbered_by="second")
    for turn in transcript.turns:
        transcript.speakers[turn["speaker"]] = transcript.speakers.get(turn["speaker"], 0) + 1
    if any(transcript.speakers):
        transcript.unlabelled = [
            (int(u.start or 0), u.content) for u in utterances if not u.speaker and u.content.strip()
        ]
    return transcript, pieces.language


def _reader(name: str, label: str) -> Reader:
    among = FAMILIES[name]

    def recognise(source: SourceFile) -> str:
        dialect = dialect_of(source.json, among) if source.may_be_json else ""
        return f"its fields are those of {dialect}" if dialect else ""

    def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
        dialect = dialect_of(source.json, among)
        if not dialect:
            raise RecordError(source.name, f"has not the fields of {label}. Leave --format out to have it recognised.")
        transcript, language = transcript_of(source.json, dialect)
        yield from record_of_turns(source, options, transcript, language=language)

    return Reader(name, label, recognise, read, (".json",), "", "speakers, starts, the language")


READERS = (
    _reader("deepgram", "Deepgram JSON"),
    _reader("assemblyai", "AssemblyAI JSON"),
    _reader("aws", "AWS Transcribe JSON"),
    _reader("whisper", "Whisper and WhisperX JSON"),
    _reader("fireflies", "Fireflies JSON"),
    _reader("speech-json", "other JSON of speech recognition"),
)
