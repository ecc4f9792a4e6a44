"""Plain text: the habits of meeting tools, chats, corpora and people, each with what should come of it."""

import pytest

from models_runner.importing.speech.text import read_transcript, turns_of_text
from models_runner.importing.speech.times import seconds_of
from tests.models_runner.importing.reading import problem, read, said, turns

TEXTS = {
    "zoom, with roles": (
        "[00:00:03] Ana Costa (Host): Shall we begin?\n[00:00:09] Omar Haddad: The budget is open.\n"
        "Decision: we wait.\n[00:01:02] Jean-Luc de Vries: I send it today.",
        [("Ana Costa", "Shall we begin?", 3), ("Omar Haddad", "The budget is open.", 9), ("", "Decision: we wait."),
         ("Jean-Luc de Vries", "I send it today.", 62)],
    ),
    "zoom, saved captions": (
        "[Ana Costa] 10:00:12\nGood morning.\n\n[Omar Haddad] 10:00:30\nHello.\nAll here.\n",
        [("Ana Costa", "Good morning.", 36012), ("Omar Haddad", "Hello. All here.", 36030)],
    ),
    "zoom, chat": (
        "10:00:12 From Ana Costa to Everyone:\n\tGood morning\n10:00:20\t From  Omar Haddad : hi, https://example.org/a\n"
        "10:01:00 From Dr. Chen to Ana Costa (Direct Message):\n\tjust you",
        [("Ana Costa", "Good morning", 36012), ("Omar Haddad", "hi, https://example.org/a", 36020), ("Dr. Chen", "just you", 36060)],
    ),
    "otter": (
        "Weekly sync\nMon, Jan 5, 2026 10:00AM • 32:10\n\nSUMMARY KEYWORDS\nbudget, laptops\n\nSPEAKERS\nAna Costa, Omar\n\n"
        "Ana Costa  00:03\nShall we begin?\n\nOmar  0:09\nThe budget is open.\nI need two days.\n\nSpeaker 3  1:02\nFine.\n\n"
        "Transcribed by https://otter.ai\n",
        [("Ana Costa", "Shall we begin?", 3), ("Omar", "The budget is open. I need two days.", 9), ("Speaker 3", "Fine.", 62)],
    ),
    "google meet": (
        "Weekly sync (2026-01-05 at 10:00 GMT) - Transcript\nAttendees\nAna Costa, Omar\nTranscript\n00:00:00\n\n"
        "Ana Costa: Good morning.\nOmar: Hi. Budget: it is fine.\n00:05:00\n\nAna Costa: Bye.\n"
        "Meeting ended after 00:32:10 👋\nThis editable transcript was computer generated and might contain errors.",
        [("Ana Costa", "Good morning.", 0), ("Omar", "Hi. Budget: it is fine."), ("Ana Costa", "Bye.", 300)],
    ),
    "fathom": (
        "Weekly - January 5\nVIEW RECORDING - 32 mins (No highlights):\n\n---\n\n0:00 - Ana Costa\n  Good morning.\n\n"
        "0:09 - Omar (Acme)\n  Hello.\n",
        [("Ana Costa", "Good morning.", 0), ("Omar (Acme)", "Hello.", 9)],
    ),
    "fireflies": ("Ana Costa - 00:03\nGood morning\nOmar - 00:09\nHi there\n", [("Ana Costa", "Good morning", 3), ("Omar", "Hi there", 9)]),
    "rev": ("Speaker 1 (00:12):\nGood morning.\n\nSpeaker 2 (00:15):\nHi.\n", [("Speaker 1", "Good morning.", 12), ("Speaker 2", "Hi.", 15)]),
    "teams, copied": ("Ana Costa   0:03\nGood morning.\nOmar Haddad   0:09\nHi.", [("Ana Costa", "Good morning.", 3), ("Omar Haddad", "Hi.", 9)]),
    "tencent": ("说话人1  00:03\n我们开始吧。\n林悦(00:00:09)\n好的。", [("说话人1", "我们开始吧。", 3), ("林悦", "好的。", 9)]),
    "times behind names": ("Ana Costa (00:03): Good morning.\nOmar [0:09]: Hi.", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi.", 9)]),
    "ranges": ("[00:00:01 - 00:00:04] Ana: Hello.\n[00:00:05 --> 00:00:06] Omar: Hi.", [("Ana", "Hello.", 1), ("Omar", "Hi.", 5)]),
    "tabs": ("00:00:03\tAna Costa\tGood morning\n00:00:09\tOmar\tHi", [("Ana Costa", "Good morning", 3), ("Omar", "Hi", 9)]),
    "clock with AM": ("Ana Costa 10:15 AM\nHello.\nOmar 1:05 PM\nHi.", [("Ana Costa", "Hello.", 36900), ("Omar", "Hi.", 47100)]),
    "irc": ("[10:00] <ana> hi\n[10:01] <omar-h> hello: there", [("ana", "hi", 600), ("omar-h", "hello: there", 601)]),
    "youtube, copied": ("0:03\nGood morning everyone\n0:05\nwe start with the budget\n", [("", "Good morning everyone we start with the budget", 3)]),
    "one speaker, piece by piece": ("[0:01] Ana: One.\n[0:02] Ana: Two.\n[0:03] Omar: Three.", [("Ana", "One. Two.", 1), ("Omar", "Three.", 3)]),
    "dialogsum": ("#Person1#: It is broken.\n#Person2#:I will call.", [("Person1", "It is broken."), ("Person2", "I will call.")]),
    "elitr": (
        "<other_noise/>\n(PERSON14) We still miss [PERSON11].\nI expect him.\n(PERSON11) Okay.\n(PERSON14)  Aha, okay.",
        [("", "<other_noise/>"), ("PERSON14", "We still miss [PERSON11]. I expect him."), ("PERSON11", "Okay."), ("PERSON14", "Aha, okay.")],
    ),
    "qmsum as text": ("Grad C : Nice .\nGrad D : OK .\nProject Manager : So .", [("Grad C", "Nice ."), ("Grad D", "OK ."), ("Project Manager", "So .")]),
    "a name without words": (
        "Grad C : Nice .\nPhD D :\nGrad C : OK .\nPhD D : Yes .\nGrad C :\nThe rest is here .\nPhD D : Bye .\nGrad C :",
        [("Grad C", "Nice ."), ("Grad C", "OK ."), ("PhD D", "Yes ."), ("Grad C", "The rest is here ."), ("PhD D", "Bye .")],
    ),
    "long offices in brackets": (
        "The Chair : The honourable minister.\nHon. Carla Quill (Minister of Employment, Workforce Development and Disability Inclusion) : Mr. Chair, yes.\n"
        "The Chair : Thank you.\nMr. Marty Moran (CharlesbridgeSt. JohnsAssinaHeadley, CPC) : I rise.",
        [("The Chair", "The honourable minister."),
         ("Hon. Carla Quill (Minister of Employment, Workforce Development and Disability Inclusion)", "Mr. Chair, yes."),
         ("The Chair", "Thank you."), ("Mr. Marty Moran (CharlesbridgeSt. JohnsAssinaHeadley, CPC)", "I rise.")],
    ),
    "samsum": ("Amanda: I baked  cookies. Do you want some?\r\nJerry: Sure!\r\nAmanda: :-)", [("Amanda", "I baked  cookies. Do you want some?"), ("Jerry", "Sure!"), ("Amanda", ":-)")]),
    "whisperx text": ("[SPEAKER_00]: Hello.\n[SPEAKER_01]: Hi.", [("SPEAKER_00", "Hello."), ("SPEAKER_01", "Hi.")]),
    "markdown": ("**Ana Costa:** Hello.\n**Omar**: Hi.\n- Ana Costa: Then go.", [("Ana Costa", "Hello."), ("Omar", "Hi."), ("Ana Costa", "Then go.")]),
    "small letters": ("ana: hi\nli-wei: hello\nana: see you at 10:30\nnote: nothing else", [("ana", "hi"), ("li-wei", "hello"), ("ana", "see you at 10:30"), ("", "note: nothing else")]),
    "handles": ("[00:12] maya.chen: hi\n[00:15] li_2: ok", [("maya.chen", "hi", 12), ("li_2", "ok", 15)]),
    "chinese": ("林悦：周五发布。\n李伟：好。\n议程：预算", [("林悦", "周五发布。"), ("李伟", "好。"), ("", "议程：预算")]),
    "japanese": ("田中：おはようございます。\n佐藤：はい。", [("田中", "おはようございます。"), ("佐藤", "はい。")]),
    "russian": ("Анна Каренина: Доброе утро.\nЛёвин: Да.", [("Анна Каренина", "Доброе утро."), ("Лёвин", "Да.")]),
    "arabic": ("ليلى: صباح الخير\nعمر: نعم", [("ليلى", "صباح الخير"), ("عمر", "نعم")]),
    "names of all kinds": (
        "Dr. Chen: One.\nO'Neil-Smith (Acme Corp): Two.\nJosé María da Silva: Three.\nSpeaker 1: Four.\nMaya (she/her): Five.\n"
        "The Presiding Officer (Elin Jones): Six.\nvan der Berg: Seven.\nJ. R. Smith Jr.: Eight.\nConf Room 3B (Berlin): Nine.",
        [("Dr. Chen", "One."), ("O'Neil-Smith (Acme Corp)", "Two."), ("José María da Silva", "Three."), ("Speaker 1", "Four."),
         ("Maya", "Five."), ("The Presiding Officer (Elin Jones)", "Six."), ("van der Berg", "Seven."), ("J. R. Smith Jr.", "Eight."),
         ("Conf Room 3B (Berlin)", "Nine.")],
    ),
    "names on lines of their own": (
        "Ana Costa\nGood morning, shall we begin?\n\nOmar\nThe budget is open.\nStill.\n",
        [("Ana Costa", "Good morning, shall we begin?"), ("Omar", "The budget is open. Still.")],
    ),
    "names with a colon on lines of their own": (
        "Ana Costa:\nGood morning.\nO'Neil-Smith:\nThen: we go.\nDecision: ship it.\n",
        [("Ana Costa", "Good morning."), ("O'Neil-Smith", "Then: we go. Decision: ship it.")],
    ),
    "headings among speakers": (
        "Agenda: budget, laptops\nAna: Hello.\nOmar: Hi.\nNext steps: see below\nAction items: none\nAna: Bye.",
        [("", "Agenda: budget, laptops"), ("Ana", "Hello."), ("Omar", "Hi."), ("", "Next steps: see below"), ("", "Action items: none"), ("Ana", "Bye.")],
    ),
    "a word of the text": (
        "Ana: Hello.\nLogistics: trucks and so on\nOmar: The logistics are fine.\nAna: OK.\nOmar: Bye.",
        [("Ana", "Hello."), ("", "Logistics: trucks and so on"), ("Omar", "The logistics are fine."), ("Ana", "OK."), ("Omar", "Bye.")],
    ),
    "wrapped lines": (
        "[00:03] Ana Costa: Good morning everybody, shall we begin with\nthe budget of this year?\n[00:09] Omar: Yes.",
        [("Ana Costa", "Good morning everybody, shall we begin with the budget of this year?", 3), ("Omar", "Yes.", 9)],
    ),
    "indented lines": ("Ana: One point.\n    And another.\nOmar: Yes.", [("Ana", "One point. And another."), ("Omar", "Yes.")]),
    "prose": ("We met today.\nIt was good: very good.\nAt 10:30 we left.", [("", "We met today."), ("", "It was good: very good."), ("", "At 10:30 we left.")]),
    "one appointment": ("We meet again.\n10:30 is fine for all.\nThen we ship.\nGood.", [("", "We meet again."), ("", "10:30 is fine for all."), ("", "Then we ship."), ("", "Good.")]),
    "whatsapp": (
        "12/03/2026, 10:30 - Ana Costa: Hi\n12/03/2026, 10:31 - Omar: at 10:45 then",
        [("Ana Costa", "Hi", 37800), ("Omar", "at 10:45 then", 37860)],
    ),
    "whatsapp, over several lines": (
        "1/5/26, 10:15 AM - Ana Costa: Two things:\nLaptops\nnote: the budget\n1/5/26, 10:17 AM - Omar: yes\n1/5/26, 10:18 AM - Ana Costa left",
        [("Ana Costa", "Two things: Laptops note: the budget", 36900), ("Omar", "yes", 37020), ("", "Ana Costa left", 37080)],
    ),
    "whatsapp, iOS": (
        "[12.03.26, 10:30:01] Ana Costa: Hi\n\u200e[12.03.26, 1:31:05\u202fPM] Omar: yes",
        [("Ana Costa", "Hi", 37801), ("Omar", "yes", 48665)],
    ),
    "dates and times of machines": (
        "2026-03-12T10:30:00Z Ana Costa: Hi\n2026-03-12 10:31:00.5 Omar: yes",
        [("Ana Costa", "Hi", 37800), ("Omar", "yes", 37860.5)],
    ),
    "times behind the colon": (
        "**Ana Costa:** [00:00:03] Hello.\nOmar: (0:09) Hi.\nAna Costa: 10:30 is fine.",
        [("Ana Costa", "Hello.", 3), ("Omar", "Hi.", 9), ("Ana Costa", "10:30 is fine.")],
    ),
    "teams, a time above the name": (
        "0:0:3.120 --> 0:0:6.480\nAna Costa\nGood morning, shall we start\nwith the budget?\n0:1:6.900 --> 0:1:9.250\nOmar\nYes.",
        [("Ana Costa", "Good morning, shall we start with the budget?", 3.12), ("Omar", "Yes.", 66.9)],
    ),
    "teams, a time below the name": (
        "Ana Costa started transcription\n\nAna Costa\n0:03\nGood morning.\n\nOmar\n0:09\nYes.\nAna Costa\n1:02\nFine.",
        [("Ana Costa", "Good morning.", 3), ("Omar", "Yes.", 9), ("Ana Costa", "Fine.", 62)],
    ),
    "teams, times in words": (
        "Ana Costa\n3 seconds\nGood morning.\n\nOmar\n0 minutes 9 seconds\nWait 30 seconds\n\nAna Costa\n1 hour 2 minutes 5 seconds\nFine.",
        [("Ana Costa", "Good morning.", 3), ("Omar", "Wait 30 seconds", 9), ("Ana Costa", "Fine.", 3725)],
    ),
    "teams, times in words beside names": (
        "Ana Costa 0 minutes 3 seconds\nGood morning.\nOmar 1 minute 9 seconds\nYes.",
        [("Ana Costa", "Good morning.", 3), ("Omar", "Yes.", 69)],
    ),
    "captions that look like names": ("0:03\nOkay Ana\n0:05\nThank You\n0:09\nGood", [("", "Okay Ana Thank You Good", 3)]),
    "questions and answers": (
        "Q: Where were you?\nA: At home.\nQ: When?\nA: At 10:30.",
        [("Q", "Where were you?"), ("A", "At home."), ("Q", "When?"), ("A", "At 10:30.")],
    ),
    "numbered lines": ("1. Ana: Hello.\n2. Omar: Hi.\n10) Ana: 3. point", [("Ana", "Hello."), ("Omar", "Hi."), ("Ana", "3. point")]),
    "colons without a blank": ("Ana:Hello.\nOmar:It is 10:30.\nAna:Bye.", [("Ana", "Hello."), ("Omar", "It is 10:30."), ("Ana", "Bye.")]),
    "one colon without a blank": ("Ana: Hello.\nOmar: Hi.\nstd:string is a type\nBerlin:Mitte", [("Ana", "Hello."), ("Omar", "Hi."), ("", "std:string is a type"), ("", "Berlin:Mitte")]),
    "two columns": ("Ana\tHello.\nOmar\tHi: all.\nAna\tBye.", [("Ana", "Hello."), ("Omar", "Hi: all."), ("Ana", "Bye.")]),
    "one tab": ("Ana: Hello.\nOmar: Hi.\nBerlin\tMitte", [("Ana", "Hello."), ("Omar", "Hi."), ("", "Berlin\tMitte")]),
    "hebrew, with marks of direction": (
        "\u200fדוד לוי\u200f: שלום.\n\u200fשרה כהן-אברהמי: נתחיל.\nדוד לוי: טוב.",
        [("דוד לוי", "שלום."), ("שרה כהן-אברהמי", "נתחיל."), ("דוד לוי", "טוב.")],
    ),
    "trint, a time between": ("Ana Costa [00:00:03] Good morning.\n\nOmar (0:09) Hi.", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi.", 9)]),
    "trint, a time before and behind": ("Ana Costa [00:00:03] Good morning. [00:00:07]\n\nOmar [00:00:09] Hi, at [10:30] we go. [00:00:12]", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi, at [10:30] we go.", 9)]),
    "a time between words": ("Ana: Hi.\nOmar: We meet.\nThe second part (0:09) was cut.", [("Ana", "Hi."), ("Omar", "We meet."), ("", "The second part (0:09) was cut.")]),
    "one time between words": ("Ana: Hi.\nOmar: We meet.\nMeeting Tuesday (10:30) in Berlin", [("Ana", "Hi."), ("Omar", "We meet."), ("", "Meeting Tuesday (10:30) in Berlin")]),
    "avoma": ("Ana Costa: (00:03)\nGood morning.\n\nOmar: (00:09)\nHi.", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi.", 9)]),
    "bold times": ("**[00:03] Ana Costa:** Good morning.\n\n**[00:09] Omar:** Hi.", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi.", 9)]),
    "bold times without brackets": ("**0:03 Ana Costa**\nGood morning.\n\n**0:09 Omar**\nHi.", [("Ana Costa", "Good morning.", 3), ("Omar", "Hi.", 9)]),
    "faster-whisper, printed": ("[0.00s -> 3.20s] Good morning all.\n[3.20s -> 5.00s] We start.", [("", "Good morning all. We start.", 0)]),
    "seconds beside speakers": ("[0.5 - 3.2] SPEAKER_00: Good morning.\n[3.2 - 5.0] SPEAKER_01: Hi.", [("SPEAKER_00", "Good morning.", 0.5), ("SPEAKER_01", "Hi.", 3.2)]),
    "seconds behind speakers": ("SPEAKER_00 [0.50s - 3.20s]: Good morning.\nSPEAKER_01 [3.20s - 4.00s]: Hi.", [("SPEAKER_00", "Good morning.", 0.5), ("SPEAKER_01", "Hi.", 3.2)]),
    "a share in brackets": ("Ana: Hi.\nOmar: It grew.\n[0.5 - 1.5] percent of it was lost in the first half of the year\nAna: So?\nOmar: Yes.\nAna: Fine.", [("Ana", "Hi."), ("Omar", "It grew."), ("", "[0.5 - 1.5] percent of it was lost in the first half of the year"), ("Ana", "So?"), ("Omar", "Yes."), ("Ana", "Fine.")]),
    "discord": ("ana — Today at 10:15 AM\nhi all\nli_wei — Today at 10:16 AM\nhello\nana — Yesterday at 9:00 PM\nbye", [("ana", "hi all", 36900), ("li_wei", "hello", 36960), ("ana", "bye", 75600)]),
    "google meet, as it ends now": (
        "Jan 5, 2026\nWeekly sync - Transcript\n00:00:00\n\nAna Costa: Good morning.\nOmar: Hi.\n00:05:12\n\nAna Costa: Then.\nTranscription ended after 00:06:00",
        [("Ana Costa", "Good morning.", 0), ("Omar", "Hi."), ("Ana Costa", "Then.", 312)],
    ),
    "feishu": (
        "产品周会\n2026年1月5日 上午 10:00|32分钟10秒\n\n关键词:\n预算、笔记本\n\n文字记录:\n林悦 00:03\n我们开始吧。\n\n李伟 00:09\n好的。",
        [("林悦", "我们开始吧。", 3), ("李伟", "好的。", 9)],
    ),
    "chinese roles in brackets": ("林悦（主持人）：我们开始吧。\n李伟（产品经理）：好的。\n王芳（星辰公司）：好。", [("林悦", "我们开始吧。"), ("李伟", "好的。"), ("王芳（星辰公司）", "好。")]),
    "roles behind a comma": ("MAYA BRAND, host: Hi.\nMr. JOHN DOE (Author): Thanks.\nOlaf Bo, Berlin: Yes.", [("MAYA BRAND", "Hi."), ("Mr. JOHN DOE (Author)", "Thanks."), ("Olaf Bo, Berlin", "Yes.")]),
    "titles that stand small": (
        "Moderadora: Buenos días.\nLa señora presidenta: Gracias.\nDe heer Van Dijk: Ja.\nDr. h. c. Thomas Berg (XYZ): Ja.\nLa reunión empieza: ahora.\nModeradora: Adiós.",
        [("Moderadora", "Buenos días."), ("La señora presidenta", "Gracias."), ("De heer Van Dijk", "Ja."), ("Dr. h. c. Thomas Berg (XYZ)", "Ja."), ("", "La reunión empieza: ahora."), ("Moderadora", "Adiós.")],
    ),
    "titles from right to left": ('ד"ר דוד לוי: שלום.\nשרה כהן: כן.\nأ. د. ليلى حسن: نعم.', [('ד"ר דוד לוי', "שלום."), ("שרה כהן", "כן."), ("أ. د. ليلى حسن", "نعم.")]),
    "the diet of japan": ("○議長（佐藤一郎君）　開会します。\n○田中花子君　はい。\n以上です。", [("議長（佐藤一郎君）", "開会します。"), ("田中花子君", "はい。"), ("", "以上です。")]),
    "addresses": ("Ana: Hi.\nhttps://example.org/a\nOmar: See http://example.org: there\nmailto: a@b.c", [("Ana", "Hi."), ("", "https://example.org/a"), ("Omar", "See http://example.org: there"), ("", "mailto: a@b.c")]),
}  # fmt: skip


@pytest.mark.parametrize("habit", TEXTS)
def test_a_habit_of_writing_transcripts(habit):
    text, expected = TEXTS[habit]
    assert turns("a.txt", text) == expected


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_other_systems(ending):
    assert turns("a.txt", f"\ufeffAna: Hello.{ending}Omar: Hi.") == [("Ana", "Hello."), ("Omar", "Hi.")]


def test_other_separators_are_part_of_a_line():
    assert turns_of_text("Ana: First\u2028second\x0bthird.\nOmar: Fine.")[1:] == [
        {"speaker": "Omar", "content": "Fine."}
    ]


def test_one_speaker_in_several_spellings():
    assert [t[0] for t in turns("a.txt", "ANA COSTA: One.\nAna Costa: Two.\nAna Costa: Three.\nOmar: Four.")] == [
        "Ana Costa"
    ] * 3 + ["Omar"]


def test_what_was_guessed_is_said():
    file = read("otter.txt", TEXTS["otter"][0])
    assert file.documents[0].title == "Weekly sync"
    assert "Speakers and their turns: Ana Costa (1), Omar (1), Speaker 3 (1)." in said(file)
    assert "Not taken for speech: line 1 “Weekly sync”" in said(file)
    assert "line 20 “Transcribed by https://otter.ai”" in said(file)
    assert "3 of 3 turns have a start, from 0:03 to 1:02" in said(file)
    zoom = said(read("zoom.txt", TEXTS["zoom, with roles"][0]))
    assert "1 line has no speaker: line 3 “Decision: we wait.”" in zoom
    assert "Left out of the name Ana Costa: Host." in zoom
    assert read("a.txt", TEXTS["google meet, as it ends now"][0]).documents[0].title == "Weekly sync - Transcript"
    assert read("a.txt", TEXTS["feishu"][0]).documents[0].title == "产品周会"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:03", 3), ("00:01:02.5", 62.5), ("1:02:03,25", 3723.25), ("90:00", 5400), ("12:00 AM", 0), ("12:30 p.m.", 45000),
        ("1h 02m 03s", 3723), ("2m 5s", 125), ("0:0:3.1", 3.1), ("0:3", None),
        ("3 seconds", 3), ("1 hour 2 minutes 3 seconds", 3723), ("12/03/2026, 10:30", 37800), ("2026-03-12T10:30:05Z", 37805), ("[01:02]", 62), ("0:99", None), ("1:60:00", None), ("none", None),
    ],
)  # fmt: skip
def test_times(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", " \n\n", "\x00\x01\x02\x03" * 50])
def test_what_is_no_text_is_refused(text):
    assert "a.txt: " in problem("a.txt", text)


# Words that say whom a message is for, or when it was said.
TOLD_OTHERWISE = (
    *("From", "to", "Everyone", "Direct", "Message", "AM", "PM", "hour", "minute", "minutes", "seconds"),
    *("Today", "Yesterday", "at"),
    "\u200fדוד",
)


def test_no_word_is_lost():
    """Whatever the layout is taken for: every word is in a turn, in a name, or named as left out."""
    for text, _ in TEXTS.values():
        result = read_transcript(text)
        kept = " ".join(f"{turn['speaker']} {turn['content']}" for turn in result.turns)
        kept += " ".join(words for _, words in result.left_out) + " ".join(" ".join(r) for r in result.roles.values())
        for word in text.replace("#", " ").replace("*", " ").replace(":", " ").replace("：", " ").split():
            bare = word.strip("[]()<>（）,.-–")
            if bare.isalpha() and bare not in TOLD_OTHERWISE:
                assert bare in kept, text
