"""The JSON of speech recognition, service by service, in the shapes that they answer in."""

import json

import pytest

from models_runner.importing.readers.recognition.pieces import join_words
from tests.models_runner.importing.reading import problem, read, turns

TWO = [("Speaker 0", "Good morning. Shall we?", 0.5), ("Speaker 1", "Yes.", 3.0)]
LETTERS = [("Speaker A", "Good morning. Shall we?", 0.5), ("Speaker B", "Yes.", 3.0)]


def words(speaker_key="speaker", ids=(0, 1), text="word", start="start", end="end", scale=1, **more):
    said = [("Good", 0), ("morning.", 0), ("Shall", 0), ("we?", 0), ("Yes.", 1)]
    times = [0.5, 0.7, 1.0, 1.5, 3.0]
    return [
        {text: word, speaker_key: ids[who], start: time * scale, end: (time + 0.2) * scale, **more}
        for (word, who), time in zip(said, times, strict=True)
    ]


def segments(**names):
    return [
        {"text": " Good morning.", "start": 0.5, "end": 0.9, **names},
        {"text": " Shall we?", "start": 1.0, "end": 1.7, **names},
        {"text": " Yes.", "start": 3.0, "end": 3.2, **names},
    ]


def aws_items(labels):
    punctuated = []
    for item, label in zip(words(), labels, strict=True):
        bare = item["word"].rstrip(".?")
        punctuated.append({"type": "pronunciation", "start_time": str(item["start"]), "end_time": str(item["end"]), "alternatives": [{"confidence": "0.9", "content": bare}], **({"speaker_label": label} if label else {})})  # fmt: skip
        if bare != item["word"]:
            punctuated.append(
                {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": item["word"][-1]}]}
            )
    return punctuated


DEEPGRAM = {"metadata": {"request_id": "x"}, "results": {"channels": [{"detected_language": "en", "alternatives": [{"transcript": "good morning shall we yes", "confidence": 0.9, "words": [{"word": w["word"].strip(".?").lower(), "punctuated_word": w["word"], **{k: w[k] for k in ("start", "end", "speaker")}} for w in words()]}]}]}}  # fmt: skip
AWS_SEGMENTS = [
    {"speaker_label": who, "start_time": "0", "end_time": "4", "items": [{"start_time": str(i["start"]), "end_time": str(i["end"]), "speaker_label": who} for i in part]}
    for who, part in (("spk_0", words()[:4]), ("spk_1", words()[4:]))
]  # fmt: skip
ANSWERS = {
    "whisperx": (
        {"segments": [{**s, "speaker": who} for s, who in zip(segments(), ["SPEAKER_00", "SPEAKER_00", "SPEAKER_01"], strict=True)], "language": "en"},
        [("SPEAKER_00", "Good morning. Shall we?", 0.5), ("SPEAKER_01", "Yes.", 3.0)],
    ),
    "whisperx, speakers of words": ({"segments": [{"start": 0.5, "end": 3.2, "text": "all", "words": words()}]}, TWO),
    "whisperx, words only": ({"word_segments": words()}, TWO),
    "openai diarized": ({"task": "transcribe", "duration": 4, "text": "x", "segments": [{"type": "transcript.text.segment", "id": f"s{n}", **s, "speaker": who} for n, (s, who) in enumerate(zip(segments(), "AAB", strict=True))]}, LETTERS),
    "openai words": ({"task": "transcribe", "language": "english", "text": "x", "words": [{k: w[k] for k in ("word", "start", "end")} for w in words()]}, [("", "Good morning. Shall we? Yes.", 0.5)]),
    "whisper.cpp": (
        {"systeminfo": "x", "result": {"language": "de"}, "transcription": [{"timestamps": {"from": "00:00:00,500", "to": "00:00:01,700"}, "offsets": {"from": 500, "to": 1700}, "text": " Guten Morgen."}]},
        [("", "Guten Morgen.", 0.5)],
    ),
    "transformers pipeline": ({"text": "x", "chunks": [{"timestamp": [0.5, 1.7], "text": " Good morning."}, {"timestamp": [3.0, None], "text": " Yes."}]}, [("", "Good morning. Yes.", 0.5)]),
    "insanely fast whisper": ({"speakers": [{"speaker": "SPEAKER_00", "text": " Good.", "timestamp": [0.5, 1.0]}], "chunks": [{"timestamp": [0.5, 1.0], "text": " Good."}], "text": "Good."}, [("SPEAKER_00", "Good.", 0.5)]),
    "deepgram, words": (DEEPGRAM, TWO),
    "deepgram, paragraphs": (
        {"results": {"channels": [{"alternatives": [{"transcript": "x", "paragraphs": {"transcript": "x", "paragraphs": [
            {"speaker": 0, "sentences": [{"text": "Good morning.", "start": 0.5, "end": 0.9}, {"text": "Shall we?", "start": 1.0, "end": 1.7}]},
            {"speaker": 1, "sentences": [{"text": "Yes.", "start": 3.0, "end": 3.2}]}]}}]}]}},
        TWO,
    ),
    "deepgram, utterances": ({"results": {**DEEPGRAM["results"], "utterances": [{"speaker": who, "transcript": t, "start": s, "end": s + 1, "channel": 0} for who, t, s in ((0, "Good morning. Shall we?", 0.5), (1, "Yes.", 3.0))]}}, TWO),
    "deepgram, channels": (
        {"results": {"channels": [{"alternatives": [{"words": [{"word": "late", "start": 5.0, "end": 6.0}]}]}, {"alternatives": [{"words": [{"word": "early", "start": 1.0, "end": 2.0}]}]}]}},
        [("Speaker 1", "early", 1.0), ("Speaker 0", "late", 5.0)],
    ),
    "assemblyai, utterances": (
        {"id": "x", "status": "completed", "language_code": "en_us", "text": "x", "words": [], "audio_duration": 4, "utterances": [{"speaker": who, "text": t, "start": s, "end": s + 900, "words": []} for who, t, s in (("A", "Good morning. Shall we?", 500), ("B", "Yes.", 3000))]},
        LETTERS,
    ),
    "assemblyai, words": ({"id": "x", "language_code": "en", "text": "x", "utterances": None, "words": words(text="text", ids="AB", scale=1000)}, LETTERS),
    "aws, labels in segments": (
        {"jobName": "x", "results": {"transcripts": [{"transcript": "x"}], "speaker_labels": {"speakers": 2, "segments": AWS_SEGMENTS}, "items": aws_items([None] * 5), "language_code": "en-GB"}, "status": "COMPLETED"},
        [("spk_0", "Good morning. Shall we?", 0.5), ("spk_1", "Yes.", 3.0)],
    ),
    "aws, labels in items": (
        {"results": {"transcripts": [{"transcript": "x"}], "items": aws_items(["spk_0"] * 4 + ["spk_1"])}},
        [("spk_0", "Good morning. Shall we?", 0.5), ("spk_1", "Yes.", 3.0)],
    ),
    "aws, audio segments": (
        {"results": {"transcripts": [], "items": [], "audio_segments": [{"id": 0, "speaker_label": "spk_1", "transcript": "Yes.", "start_time": "3.0", "end_time": "3.2", "items": [1]}]}},
        [("spk_1", "Yes.", 3.0)],
    ),
    "aws, channels": (
        {"results": {"transcripts": [], "items": [], "channel_labels": {"channels": [{"channel_label": "ch_0", "items": aws_items([None] * 5)}, {"channel_label": "ch_1", "items": [{"type": "pronunciation", "start_time": "2.0", "end_time": "2.1", "alternatives": [{"content": "Hm"}]}]}]}}},
        [("ch_0", "Good morning. Shall we?", 0.5), ("ch_1", "Hm", 2.0), ("ch_0", "Yes.", 3.0)],
    ),
    "aws, calls": ({"Transcript": [{"ParticipantRole": "AGENT", "Content": "Hello.", "BeginOffsetMillis": 500, "EndOffsetMillis": 900}]}, [("Agent", "Hello.", 0.5)]),
    "google": (
        {"results": [{"alternatives": [{"transcript": "Good morning. Shall we? Yes.", "words": [{"word": "x", "startTime": "0.5s"}]}]}, {"alternatives": [{"words": [{"word": w["word"], "startTime": f"{w['start']}s", "endTime": f"{w['end']}s", "speakerTag": w["speaker"] + 1} for w in words()]}]}]},
        [("Speaker 1", "Good morning. Shall we?", 0.5), ("Speaker 2", "Yes.", 3.0)],
    ),
    "azure, batch": (
        {"source": "x", "recognizedPhrases": [{"recognitionStatus": "Success", "channel": 0, "speaker": 1, "offset": "PT1M0.5S", "nBest": [{"display": "Good morning.", "lexical": "good morning"}]}]},
        [("Speaker 1", "Good morning.", 60.5)],
    ),
    "azure, fast": ({"durationMilliseconds": 1, "phrases": [{"offsetMilliseconds": 500, "speaker": 2, "locale": "en-US", "text": "Good morning."}]}, [("Speaker 2", "Good morning.", 0.5)]),
    "rev": (
        {"monologues": [{"speaker": 0, "elements": [{"type": "text", "value": "Good", "ts": 0.5, "end_ts": 0.6}, {"type": "punct", "value": " "}, {"type": "text", "value": "morning", "ts": 0.7}, {"type": "punct", "value": "."}]}]},
        [("Speaker 0", "Good morning.", 0.5)],
    ),
    "speechmatics": (
        {"format": "2.9", "metadata": {"transcription_config": {"language": "en"}}, "results": [{"type": "word", "start_time": 0.5, "end_time": 0.7, "alternatives": [{"content": "Hello", "speaker": "S1"}]}, {"type": "punctuation", "start_time": 0.7, "end_time": 0.7, "alternatives": [{"content": ".", "speaker": "S1"}]}]},
        [("S1", "Hello.", 0.5)],
    ),
    "gladia": ({"result": {"transcription": {"languages": ["fr"], "utterances": [{"text": " Bonjour.", "start": 0.5, "end": 1.0, "speaker": 0}]}}}, [("Speaker 0", "Bonjour.", 0.5)]),
    "elevenlabs": (
        {"language_code": "eng", "text": "x", "words": [{"text": "Hello", "type": "word", "start": 0.5, "end": 0.9, "speaker_id": "speaker_0"}, {"text": " ", "type": "spacing", "start": 0.9, "end": 1.0, "speaker_id": "speaker_0"}, {"text": "all.", "type": "word", "start": 1.0, "end": 1.2, "speaker_id": "speaker_0"}]},
        [("speaker_0", "Hello all.", 0.5)],
    ),
    "recall": ([{"participant": {"id": 1, "name": "Ana Costa"}, "words": [{"text": "Hello", "start_timestamp": {"relative": 0.5}}, {"text": "all.", "start_timestamp": {"relative": 0.9}}]}], [("Ana Costa", "Hello all.", 0.5)]),
    "fireflies": ({"data": {"transcript": {"title": "x", "sentences": [{"index": 0, "speaker_name": "Ana Costa", "speaker_id": 0, "text": "Hello.", "raw_text": "hello", "start_time": 0.5, "end_time": 0.9}]}}}, [("Ana Costa", "Hello.", 0.5)]),
    "fireflies, export": ([{"sentence": "Hello.", "startTime": "00:01", "endTime": "00:02", "speaker_name": "Ana"}, {"sentence": "All here?", "startTime": "00:03", "endTime": "00:04", "speaker_name": "Ana"}], [("Ana", "Hello. All here?", 1.0)]),
    "youtube transcript api": ([{"text": "hello and", "start": 0.5, "duration": 2.0}, {"text": "welcome", "start": 2.5, "duration": 1.0}], [("", "hello and welcome", 0.5)]),
    "youtube json3": ({"wireMagic": "pb3", "events": [{"tStartMs": 500, "dDurationMs": 900, "segs": [{"utf8": "hello"}, {"utf8": " and"}]}, {"tStartMs": 1400, "aAppend": 1, "segs": [{"utf8": "\n"}]}]}, [("", "hello and", 0.5)]),
    "google, as its clients write it": (
        {"results": [{"alternatives": [{"transcript": "x", "words": [{"word": w["word"], "start_offset": f"{w['start']}s", "speaker_label": str(w["speaker"] + 1)} for w in words()]}]}]},
        [("Speaker 1", "Good morning. Shall we?", 0.5), ("Speaker 2", "Yes.", 3.0)],
    ),
    "azure, ticks": ({"recognizedPhrases": [{"channel": 0, "offsetInTicks": 5_000_000.0, "nBest": [{"display": "Good morning."}]}]}, [("Speaker 0", "Good morning.", 0.5)]),
    "deepgram, utterances alone": ({"results": {"channels": [], "utterances": [{"speaker": 0, "transcript": "Yes.", "start": 3.0, "end": 4.0}]}}, [("Speaker 0", "Yes.", 3.0)]),
    "fathom": ({"transcript": [{"speaker": {"display_name": "Ana Costa", "matched_calendar_invitee_email": None}, "text": "Hello.", "timestamp": "00:00:03"}]}, [("Ana Costa", "Hello.", 3.0)]),
    "grain, in milliseconds": ([{"start": 500, "end": 1200, "text": "Hello all.", "speaker": "Ana"}, {"start": 1300, "end": 2000, "text": "Hi.", "speaker": "Omar"}], [("Ana", "Hello all.", 0.5), ("Omar", "Hi.", 1.3)]),
    "long sentences in seconds": ([{"start": 0, "end": 30, "text": "Well, hello to you all.", "speaker": "Ana"}, {"start": 31, "end": 75, "text": "Hm, hi.", "speaker": "Omar"}], [("Ana", "Well, hello to you all.", 0.0), ("Omar", "Hm, hi.", 31.0)]),
    "read.ai": ({"speaker_blocks": [{"start_time": "1704448800000", "end_time": "1704448803000", "speaker": {"name": "Ana"}, "words": "Hello all."}]}, [("Ana", "Hello all.")]),
    "teams, entries": ({"entries": [{"speakerDisplayName": "Ana", "text": "Hello.", "startOffset": "00:00:03.1", "endOffset": "00:00:04"}]}, [("Ana", "Hello.", 3.1)]),
    "vosk": ({"text": "good morning", "result": [{"conf": 1.0, "start": 0.5, "end": 0.7, "word": "good"}, {"conf": 1.0, "start": 0.8, "end": 1.0, "word": "morning"}]}, [("", "good morning", 0.5)]),
    "a list of turns": ([{"speaker": "Ana", "content": "Hello."}, {"speaker": 2, "content": "Hi."}], [("Ana", "Hello."), ("Speaker 2", "Hi.")]),
}  # fmt: skip


@pytest.mark.parametrize("service", ANSWERS)
def test_an_answer_of(service):
    value, expected = ANSWERS[service]
    assert turns("a.json", json.dumps(value)) == expected


@pytest.mark.parametrize(
    ("service", "language"),
    [
        ("whisperx", "en"), ("whisper.cpp", "de"), ("gladia", "fr"), ("assemblyai, utterances", "en-US"),
        ("aws, labels in segments", "en-GB"), ("openai words", "en"), ("elevenlabs", "en"), ("recall", "da"),
    ],
)  # fmt: skip
def test_the_language_of_an_answer_goes_before_the_one_given(service, language):
    (document,) = read("a.json", json.dumps(ANSWERS[service][0]), language="da").documents
    assert document.language == language


@pytest.mark.parametrize("kind", ["whisper", "deepgram", "assemblyai", "aws", "fireflies", "speech-json"])
def test_a_format_by_name_refuses_another_answer(kind):
    assert "a.json: has not the fields of" in problem("a.json", '{"colour": "red"}', format=kind)


@pytest.mark.parametrize("value", [{"segments": []}, {"segments": [{"text": " "}]}, {"results": {"channels": [{"alternatives": []}]}}, {"results": {"transcripts": [], "items": []}}])  # fmt: skip
def test_an_answer_without_words_is_refused(value):
    assert "a.json" in problem("a.json", json.dumps(value))


@pytest.mark.parametrize("value", ["{", "[1, 2]", "null", '{"a": NaN}', "[" * 50_000])
def test_other_json_is_refused_with_its_place(value):
    assert "a.json" in problem("a.json", value)


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        (["Good", "morning", ".", "It", "'s", "3", "%"], "Good morning. It's 3%"),
        ([" Good", " morning", "."], "Good morning."),
        (["你", "好", "。", "OK", "吧"], "你好。 OK 吧"),
        (["a", "", "b"], "a b"),
    ],
)
def test_words_are_put_together(heard, text):
    assert join_words(heard) == text


@pytest.mark.parametrize("start", [-1, "soon", True, 1e300, None, {"a": 1}])
def test_a_start_that_is_no_time_is_none(start):
    value = {"segments": [{"text": "Hello.", "start": start, "end": 1, "speaker": "Ana"}]}
    assert turns("a.json", json.dumps(value)) == [("Ana", "Hello.")]
