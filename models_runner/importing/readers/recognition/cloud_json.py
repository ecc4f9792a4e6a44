"""The JSON of speech services. Each has a pair of functions: whether a value is its answer, and what was said."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from models_runner.importing.readers.recognition.pieces import (
    Pieces,
    items,
    join_words,
    language_code,
    milliseconds,
    number,
    speaker_of,
)
from models_runner.importing.speech.turns import Utterance


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _first(value: Any) -> Mapping[str, Any]:
    found = items(value)
    return found[0] if found else {}


# ---- Deepgram


def is_deepgram(value: Any) -> bool:
    results = _at(value, "results")
    return bool(items(_at(results, "channels"))) or any("transcript" in u for u in items(_at(results, "utterances")))


def deepgram(value: Mapping[str, Any]) -> Pieces:
    """Utterances if they were asked for, else paragraphs, else words, else the text; several channels are speakers."""
    results = value["results"]
    channels = items(results.get("channels"))
    pieces = Pieces(language_code(_first(channels).get("detected_language")))
    keys = ("channel",) if len(channels) > 1 else ("speaker",)
    for utterance in items(results.get("utterances")):
        start, end = number(utterance, "start"), number(utterance, "end")
        pieces.add(speaker_of(utterance, *keys), utterance.get("transcript"), start, end)
    if pieces.utterances:
        return pieces.in_order()
    for position, channel in enumerate(channels):
        _deepgram_channel(pieces, channel, f"Speaker {position}" if len(channels) > 1 else None)
    return pieces.in_order()


def _deepgram_channel(pieces: Pieces, channel: Mapping[str, Any], speaker: str | None) -> None:
    best = _first(channel.get("alternatives"))
    if paragraphs := items(_at(best, "paragraphs", "paragraphs")):
        for paragraph in paragraphs:
            who = speaker if speaker is not None else speaker_of(paragraph, "speaker")
            for sentence in items(paragraph.get("sentences")):
                pieces.add(who, sentence.get("text"), number(sentence, "start"), number(sentence, "end"))
    elif words := items(best.get("words")):
        pieces.add_words(words, speaker)
    else:
        pieces.add(speaker or "", best.get("transcript"))


# ---- AssemblyAI: times in milliseconds


def is_assemblyai(value: Any) -> bool:
    if not isinstance(value, Mapping) or is_elevenlabs(value):
        return False
    asked = "utterances" in value or "audio_url" in value or "language_code" in value
    said = items(value.get("utterances")) or items(value.get("words"))
    return asked and any("text" in item and "start" in item for item in said)


def assemblyai(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language_code(value.get("language_code")))
    if utterances := items(value.get("utterances")):
        for utterance in utterances:
            start, end = milliseconds(utterance, "start"), milliseconds(utterance, "end")
            pieces.add(speaker_of(utterance), utterance.get("text"), start, end)
        return pieces
    words = [
        {**word, "start": milliseconds(word, "start"), "end": milliseconds(word, "end")}
        for word in items(value.get("words"))
    ]
    pieces.add_words(words)
    return pieces


# ---- AWS Transcribe


def is_aws(value: Any) -> bool:
    results = _at(value, "results")
    return (
        isinstance(results, Mapping)
        and "transcripts" in results
        and ("items" in results or "audio_segments" in results)
    )


def aws(value: Mapping[str, Any]) -> Pieces:
    results = value["results"]
    pieces = Pieces(language_code(results.get("language_code")))
    if segments := items(results.get("audio_segments")):
        for segment in segments:
            start, end = number(segment, "start_time"), number(segment, "end_time")
            pieces.add(speaker_of(segment, "speaker_label"), segment.get("transcript"), start, end)
        return pieces
    if channels := items(_at(results, "channel_labels", "channels")):
        for channel in channels:
            _aws_channel(pieces, channel)
        return pieces.in_order()
    pieces.add_words(_aws_words(results))
    return pieces


def _aws_words(results: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield words with their speakers, which older answers keep apart, by the start time of the word."""
    labels = {
        str(item.get("start_time")): item.get("speaker_label") or segment.get("speaker_label")
        for segment in items(_at(results, "speaker_labels", "segments"))
        for item in items(segment.get("items"))
    }
    for item in items(results.get("items")):
        content = _first(item.get("alternatives")).get("content")
        label = item.get("speaker_label") or labels.get(str(item.get("start_time")))
        label = None if item.get("type") == "punctuation" and label is None else label
        yield {"content": content, "speaker": label, "start": item.get("start_time"), "end": item.get("end_time")}


def _aws_channel(pieces: Pieces, channel: Mapping[str, Any]) -> None:
    """Add one channel's sentences, so that those of two channels come in the order in which they were said."""
    label = str(channel.get("channel_label", ""))
    sentence: list[Mapping[str, Any]] = []
    for item in items(channel.get("items")):
        sentence.append({**item, "content": _first(item.get("alternatives")).get("content")})
        if str(sentence[-1]["content"]) in ".?!":
            pieces.add_words(sentence, label)
            sentence = []
    pieces.add_words(sentence, label)


def is_aws_call(value: Any) -> bool:
    said = items(value.get("Transcript")) if isinstance(value, Mapping) else []
    return any("ParticipantRole" in item and "Content" in item for item in said)


def aws_call(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language_code(value.get("LanguageCode")))
    for item in items(value["Transcript"]):
        start, end = milliseconds(item, "BeginOffsetMillis"), milliseconds(item, "EndOffsetMillis")
        pieces.add(str(item.get("ParticipantRole", "")).capitalize(), item.get("Content"), start, end)
    return pieces


# ---- Google: with diarization the last result repeats every word, with its speaker


# As the API answers, and as its clients write it.
GOOGLE_SPEAKERS = ("speakerTag", "speakerLabel", "speaker_tag", "speaker_label")
GOOGLE_STARTS = ("startTime", "startOffset", "start_time", "start_offset")


def is_google(value: Any) -> bool:
    results = value.get("results") if isinstance(value, Mapping) else None
    return any(items(result.get("alternatives")) for result in items(results))


def google(value: Mapping[str, Any]) -> Pieces:
    results = items(value["results"])
    pieces = Pieces(language_code(results[0].get("languageCode")))
    every = [word for result in results for word in items(_first(result.get("alternatives")).get("words"))]
    tagged = [word for word in every if any(word.get(key) for key in GOOGLE_SPEAKERS)]
    if tagged:
        pieces.add_words(_google_word(word) for word in tagged)
        return pieces
    for result in results:
        best = _first(result.get("alternatives"))
        words = items(best.get("words"))
        start = number(words[0], *GOOGLE_STARTS) if words else None
        pieces.add("", best.get("transcript"), start, number(result, "resultEndTime", "resultEndOffset"))
    return pieces


def _google_word(word: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "word": word.get("word"),
        "speaker": next((word[key] for key in GOOGLE_SPEAKERS if word.get(key)), None),
        "start": number(word, *GOOGLE_STARTS),
        "end": number(word, "endTime", "endOffset", "end_time", "end_offset"),
    }


# ---- Azure: batch ("recognizedPhrases") and fast transcription ("phrases")


TICKS = 10_000_000  # in a second


def is_azure(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(items(value.get("recognizedPhrases")) or items(value.get("phrases")))


def azure(value: Mapping[str, Any]) -> Pieces:
    phrases = items(value.get("recognizedPhrases")) or items(value.get("phrases"))
    pieces = Pieces(language_code(phrases[0].get("locale")))
    for phrase in phrases:
        text = phrase.get("text") or _first(phrase.get("nBest")).get("display")
        start = milliseconds(phrase, "offsetMilliseconds")
        if start is None:
            start = number(phrase, "offset")
        if start is None and isinstance(ticks := phrase.get("offsetInTicks"), int | float):
            start = ticks / TICKS
        pieces.add(speaker_of(phrase, "speaker", "channel"), text, start)
    return pieces.in_order()


# ---- Rev AI


def is_rev(value: Any) -> bool:
    return isinstance(value, Mapping) and any("elements" in monologue for monologue in items(value.get("monologues")))


def rev(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language_code(value.get("language")))
    names = {s.get("id"): s.get("name") for s in items(value.get("speakers"))}
    for monologue in items(value["monologues"]):
        elements = items(monologue.get("elements"))
        who = speaker_of({"speaker": names.get(monologue.get("speaker")) or monologue.get("speaker")})
        text = "".join(str(element.get("value", "")) for element in elements)
        starts = [start for element in elements if (start := number(element, "ts")) is not None]
        pieces.add(who, text, starts[0] if starts else None)
    return pieces


# ---- Speechmatics


def is_speechmatics(value: Any) -> bool:
    results = items(value.get("results")) if isinstance(value, Mapping) else []
    return any(item.get("type") in ("word", "punctuation") and "alternatives" in item for item in results)


def speechmatics(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language_code(_at(value, "metadata", "transcription_config", "language")))
    pieces.add_words({**item, **_first(item.get("alternatives"))} for item in items(value["results"]))
    return pieces


# ---- Gladia, ElevenLabs, Recall


def is_gladia(value: Any) -> bool:
    found = _at(value, "result", "transcription", "utterances") or _at(value, "transcription", "utterances")
    return bool(items(found))


def gladia(value: Mapping[str, Any]) -> Pieces:
    transcription = _at(value, "result", "transcription") or value["transcription"]
    languages = transcription.get("languages")
    pieces = Pieces(language_code(languages[0] if isinstance(languages, list) and languages else None))
    for utterance in items(transcription["utterances"]):
        start, end = number(utterance, "start"), number(utterance, "end")
        pieces.add(speaker_of(utterance, "speaker", "channel"), utterance.get("text"), start, end)
    return pieces


def is_elevenlabs(value: Any) -> bool:
    return isinstance(value, Mapping) and any(w.get("type") in ("word", "spacing") for w in items(value.get("words")))


def elevenlabs(value: Mapping[str, Any]) -> Pieces:
    pieces = Pieces(language_code(value.get("language_code")))
    words = [word for word in items(value["words"]) if word.get("type") != "audio_event"]
    for who, group in groupby(words, key=lambda word: speaker_of(word, "speaker_id")):
        said = list(group)
        text = "".join(str(word.get("text", "")) for word in said)
        pieces.add(who, text, number(said[0], "start"), number(said[-1], "end"))
    return pieces


def is_recall(value: Any) -> bool:
    found = items(value)
    return bool(found) and all(
        isinstance(i.get("words"), list) and ("speaker" in i or "participant" in i) for i in found
    )


def recall(value: list[Any]) -> Pieces:
    pieces = Pieces(language_code(_first(value).get("language")))
    for item in items(value):
        words = items(item.get("words"))
        text = join_words(str(word.get("text") or word.get("word") or "") for word in words)
        start = _first(words).get("start_timestamp", _first(words).get("start"))
        start = _at(start, "relative") if isinstance(start, Mapping) else start
        pieces.add(speaker_of(item, "speaker", "participant"), text, number({"start": start}, "start"))
    return pieces


# ---- Fireflies, and lists of sentences or utterances like it

CONTENT_KEYS = (
    "sentence",
    "text",
    "content",
    "transcript",
    "utterance",
    "raw_text",
    "message",
    "value",
    "dialogue",
    "words",
)
NAME_KEYS = (
    "speaker_name",
    "speakerName",
    "speakerDisplayName",
    "speaker",
    "name",
    "speaker_id",
    "speaker_label",
    "participant",
    "role",
    "from",
    "user",
    "author",
)
START_KEYS = (
    "start_time",
    "startTime",
    "start",
    "starttime",
    "begin",
    "begin_time",
    "time",
    "timestamp",
    "offset",
    "startOffset",
    "ts",
)
END_KEYS = ("end_time", "endTime", "end", "endtime", "stop", "endOffset")
SLOWEST = 30  # seconds a word: what would be slower has its times in milliseconds


# Where answers keep their list.
LISTS = (
    ("data", "transcript", "sentences"),
    ("transcript", "sentences"),
    *((name,) for name in ("sentences", "transcript", "utterances", "turns", "dialogue", "messages", "entries")),
    *((name,) for name in ("monologues", "results", "captions", "transcripts", "speaker_blocks", "transcriptEntries")),
)


def _sentences(value: Any) -> list[Mapping[str, Any]]:
    return next((found for path in LISTS if (found := items(_at(value, *path)))), []) or items(value)


def is_fireflies(value: Any) -> bool:
    found = _sentences(value)
    if not found or (isinstance(value, Mapping) and "id" in value and "transcript" in value):
        return False
    said = all(any(isinstance(item.get(key), str) for key in CONTENT_KEYS) for item in found)
    return said and all(any(key in item for key in (*NAME_KEYS, *START_KEYS)) for item in found)


def fireflies(value: Any) -> Pieces:
    pieces = Pieces(language_code(value.get("language")) if isinstance(value, Mapping) else "")
    for item in _sentences(value):
        content = next((item[key] for key in CONTENT_KEYS if isinstance(item.get(key), str)), "")
        start, end = number(item, *START_KEYS), number(item, *END_KEYS)
        if end is None and start is not None and (length := number(item, "duration", "dur")) is not None:
            end = start + length
        pieces.add(speaker_of(item, *NAME_KEYS), content, start, end)
    pieces.utterances = _in_seconds(pieces.utterances)
    return pieces


def _in_seconds(said: list[Utterance]) -> list[Utterance]:
    """Divide times that are milliseconds: whole numbers, by which every word would have taken half a minute."""
    timed = [(one.start, one.end, one.content) for one in said if one.start is not None and one.end is not None]
    words = sum(len(content.split()) for _, _, content in timed)
    whole = all(start.is_integer() and end.is_integer() for start, end, _ in timed)
    if not timed or not whole or sum(end - start for start, end, _ in timed) < SLOWEST * words:
        return said
    return [
        replace(one, start=one.start and one.start / 1000, end=one.end and one.end / 1000) for one in said
    ]  # fmt: skip
