"""Captions: WebVTT and SubRip as meeting tools, players and people write them."""

import pytest

from tests.models_runner.importing.reading import preview, problem, read, said, turns


def vtt(*cues: str) -> str:
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


class TestZoomAndTeams:
    def test_names_before_colons_and_cues_of_one_speaker_in_one_turn(self):
        text = vtt(
            "1\n00:00:03.120 --> 00:00:06.480\nAna Costa: Shall we begin?",
            "2\n00:00:06.900 --> 00:00:09.250\nAna Costa: The budget is open.",
            "3\n00:01:02.000 --> 00:01:05.500\nJean-Luc de Vries: I send it today.",
        )
        assert turns("zoom.vtt", text) == [
            ("Ana Costa", "Shall we begin? The budget is open.", 3.12),
            ("Jean-Luc de Vries", "I send it today.", 62.0),
        ]

    def test_voices_with_entities_classes_and_lines(self):
        text = vtt(
            "NOTE confidence 0.91",
            "b41c/7-0\n00:00:03.120 --> 00:00:06.480\n<v Ana Costa>Shall we begin\nwith the budget?</v>",
            "b41c/8-0\n00:00:06.900 --> 00:00:09.250\n<v.loud.first Omar &amp; Team>Laptops &lt;b&gt; &amp; two&nbsp;tablets.</v>",
        )
        assert turns("teams.vtt", text) == [
            ("Ana Costa", "Shall we begin with the budget?", 3.12),
            ("Omar & Team", "Laptops <b> & two tablets.", 6.9),
        ]

    def test_two_voices_in_a_cue_closed_or_not(self):
        text = vtt(
            "00:01.000 --> 00:03.000\n<v Ana>Ready? <v Omar>Yes,\nready.</v>", "00:04.000 --> 00:05.000\n<v Omar>Go."
        )
        assert turns("a.vtt", text) == [("Ana", "Ready?", 1.0), ("Omar", "Yes, ready. Go.", 1.0)]

    def test_roles_and_pronouns_are_no_part_of_a_name(self):
        text = vtt("00:01.000 --> 00:02.000\nAna Costa (Host): Hello.", "00:03.000 --> 00:04.000\nOmar (he/him): Hi.")
        assert turns("a.vtt", text) == [("Ana Costa", "Hello.", 1.0), ("Omar", "Hi.", 3.0)]
        assert "Left out of the name Ana Costa: Host." in said(read("a.vtt", text))

    def test_webex_has_names_in_identifiers(self):
        text = vtt('1 "Ana Costa" (2087438592)\n00:00:11.000 --> 00:00:14.000\nGood morning: all here?')
        assert turns("webex.vtt", text) == [("Ana Costa", "Good morning: all here?", 11.0)]

    def test_the_api_of_teams_has_json_in_cues(self):
        text = vtt(
            '00:00:16.246 --> 00:00:17.726\n{"speakerName": "Ana Costa", "spokenText": "Hello.", "spokenLanguage": "en-us"}'
        )
        assert turns("a.vtt", text) == [("Ana Costa", "Hello.", 16.246)]

    def test_a_heading_and_an_address_are_no_speakers(self):
        text = vtt(
            "00:01.000 --> 00:02.000\nAna: We start.",
            "00:02.500 --> 00:03.000\nDecision: we wait.",
            "00:04.000 --> 00:05.000\nOmar: See https://example.org at 10:30.",
            "00:06.000 --> 00:07.000\nhttps://example.org/a: there",
            "00:08.000 --> 00:09.000\nAna: Fine.",
        )
        assert [turn[0] for turn in turns("a.vtt", text)] == ["Ana", "", "Omar", "", "Ana"]
        assert "2 lines have no speaker" in said(read("a.vtt", text))
        assert "'Decision'" in said(read("a.vtt", text))

    def test_a_cue_that_ends_amid_a_sentence_goes_on_with_its_speaker(self):
        text = vtt("00:01.000 --> 00:02.000\nAna: The budget is", "00:02.100 --> 00:03.000\nstill open.")
        assert turns("a.vtt", text) == [("Ana", "The budget is still open.", 1.0)]


class TestForm:
    def test_blocks_that_are_no_cues(self):
        text = (
            "\ufeffWEBVTT - Weekly\r\nKind: captions\r\nLanguage: en\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:a\r\n"
            "\r\nNOTE\r\na comment\r\non two lines\r\n\r\nid-1\r\n00:01.000 --> 00:02.000 align:start position:0%\r\n<v Ana>Hello.\r\n"
        )
        assert turns("a.vtt", text) == [("Ana", "Hello.", 1.0)]

    @pytest.mark.parametrize(
        ("times", "start"),
        [
            ("00:01.500 --> 00:02.000", 1.5),
            ("1:02:03.004 --> 1:02:04.000", 3723.004),
            ("00:00:01,500 --> 00:00:02,000", 1.5),
            ("0:1:2.5 --> 0:1:3.5", 62.5),
            ("00:00:07 --> 00:00:08", 7.0),
            ("00:00:07.25-->00:00:08.5", 7.25),
            ("100:00:00.000 --> 100:00:01.000", 360000.0),
            ("  00:00:01.000   -->   00:00:02.000  line:90%", 1.0),
        ],
    )
    @pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
    def test_times_in_any_spelling(self, name, times, start):
        text = vtt(f"{times}\nAna: Hello.") if name == "a.vtt" else f"1\n{times}\nAna: Hello.\n"
        assert turns(name, text) == [("Ana", "Hello.", start)]

    @pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
    def test_words_behind_the_times_are_kept(self, name):
        text = "00:01.000 --> 00:02.000 Ana Costa\nHello.\n\n00:03.000 --> 00:04.000 [Omar]\nHi.\n"
        assert turns(name, f"WEBVTT\n\n{text}" if name == "a.vtt" else text) == [
            ("Ana Costa", "Hello.", 1.0),
            ("Omar", "Hi.", 3.0),
        ]
        assert turns("a.srt", "00:00:01,000 --> 00:00:02,000 Well, hello all.\n") == [("", "Well, hello all.", 1.0)]

    def test_cues_without_a_blank_line_between(self):
        text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hello.\n00:03.000 --> 00:04.000\n<v Omar>Hi."
        assert turns("a.vtt", text) == [("Ana", "Hello.", 1.0), ("Omar", "Hi.", 3.0)]

    def test_tags_go_and_signs_stay(self):
        text = vtt(
            "00:01.000 --> 00:02.000\n<v Ana><b>Bold</b> <c.yellow>colour</c> <lang de>Wort</lang> <ruby>a<rt>b</rt></ruby> 3 < 4 {x}<br>end"
        )
        assert turns("a.vtt", text) == [("Ana", "Bold colour Wort ab 3 < 4 {x} end", 1.0)]

    def test_without_cues_it_says_what_was_expected(self):
        assert "a.vtt: has no cues: expected lines such as" in problem("a.vtt", "WEBVTT\n\nNOTE nothing\n")

    def test_the_format_is_found_by_content(self):
        file = read("notes.txt", vtt("00:01.000 --> 00:02.000\n<v Ana>Hello."))
        assert (file.format, file.why) == ("vtt", "it begins with WEBVTT")
        assert read("notes.txt", "1\n00:00:01,000 --> 00:00:02,000\nHello.\n").format == "srt"

    def test_cues_without_words_are_counted(self):
        text = vtt("00:01.000 --> 00:02.000\n<v Ana>Hello.", "00:03.000 --> 00:04.000")
        assert turns("a.vtt", text) == [("Ana", "Hello.", 1.0)]


class TestSubRip:
    def test_names_tags_and_commas(self):
        text = '\ufeff1\r\n00:00:01,000 --> 00:00:04,200\r\nANA: The budget is 40,000 euros.\r\n\r\n2\r\n00:00:04,500 --> 00:00:07,900 X1:1 Y1:2\r\n{\\an8}OMAR: Agreed, <i>no <font color="red">more</font></i>.\r\n'
        assert turns("call.srt", text) == [
            ("ANA", "The budget is 40,000 euros.", 1.0),
            ("OMAR", "Agreed, no more.", 4.5),
        ]

    def test_numbered_speakers_in_brackets(self):
        text = "1\n00:00:01,000 --> 00:00:02,000\n[Speaker 1] Hello.\n\n2\n00:00:03,000 --> 00:00:04,000\n[SPEAKER_02]: Hi.\n"
        assert turns("a.srt", text) == [("Speaker 1", "Hello.", 1.0), ("SPEAKER_02", "Hi.", 3.0)]

    def test_missing_numbers_and_blank_lines(self):
        text = "00:00:01,000 --> 00:00:02,000\nANA: One.\n\n7\n00:00:03,000 --> 00:00:04,000\nOMAR: We need\n40\n8\n00:00:05,000 --> 00:00:06,000\nANA: In the year\n2024"
        assert turns("a.srt", text) == [
            ("ANA", "One.", 1.0),
            ("OMAR", "We need 40", 3.0),
            ("ANA", "In the year 2024", 5.0),
        ]

    @pytest.mark.parametrize("cue", ["- Hello.\n- Hi.", "-Hello.\n-Hi.", "– Hello. – Hi.", "- Hello. - Hi."])
    def test_two_speakers_in_a_cue(self, cue):
        assert turns("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{cue}\n") == [("", "Hello.", 1.0), ("", "Hi.", 1.0)]

    def test_two_names_in_a_cue(self):
        text = (
            "1\n00:00:01,000 --> 00:00:02,000\nANA: Ready?\nOMAR: Yes.\n\n2\n00:00:03,000 --> 00:00:04,000\nANA: Go.\n"
        )
        assert turns("a.srt", text) == [("ANA", "Ready?", 1.0), ("OMAR", "Yes.", 1.0), ("ANA", "Go.", 3.0)]

    def test_chevrons_mark_the_next_speaker(self):
        text = "1\n00:00:01,000 --> 00:00:02,000\n>> ANA: Ready.\n\n2\n00:00:02,000 --> 00:00:03,000\nAll of us.\n\n3\n00:00:03,000 --> 00:00:04,000\n>> Who is that?\n"
        assert turns("a.srt", text) == [("ANA", "Ready. All of us.", 1.0), ("", "Who is that?", 3.0)]

    def test_youtube_sbv(self):
        assert turns("a.sbv", "0:00:01.000,0:00:04.000\nAna: Hello.\n\n0:00:05.000,0:00:06.000\nOmar: Hi.\n") == [
            ("Ana", "Hello.", 1.0),
            ("Omar", "Hi.", 5.0),
        ]


class TestRollingCaptions:
    def test_youtubes_repeat_the_line_before(self):
        text = vtt(
            "00:00:00.160 --> 00:00:02.389 align:start position:0%\n \nhello<00:00:00.480><c> and</c><00:00:00.640><c> welcome</c>",
            "00:00:02.389 --> 00:00:02.399 align:start position:0%\nhello and welcome\n ",
            "00:00:02.399 --> 00:00:04.000 align:start position:0%\nhello and welcome\nto<00:00:02.600><c> the</c><00:00:02.800><c> meeting</c>",
            "00:00:04.000 --> 00:00:04.010 align:start position:0%\nto the meeting\n ",
            "00:00:04.010 --> 00:00:06.000 align:start position:0%\nto the meeting\nof<00:00:04.100><c> today</c>",
        )
        assert turns("a.en.vtt", text) == [("", "hello and welcome to the meeting of today", 0.16)]

    def test_the_same_as_srt(self):
        lines = ["hello and", "hello and\nwelcome to", "welcome to\nthe meeting", "the meeting\nof today"]
        text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{line}\n\n" for n, line in enumerate(lines, 1))
        assert turns("a.srt", text) == [("", "hello and welcome to the meeting of today", 1.0)]

    def test_live_captions_grow(self):
        lines = ["hello", "hello and", "hello and welcome", "hello and welcome to all"]
        text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{line}\n\n" for n, line in enumerate(lines, 1))
        assert turns("a.srt", text) == [("", "hello and welcome to all", 1.0)]

    def test_people_repeat_themselves(self):
        lines = [
            "ANA: Yes.",
            "ANA: Yes.",
            "OMAR: Really yes?",
            "ANA: Yes.",
            "OMAR: Good.",
            "ANA: Then go.",
            "OMAR: Now?",
        ]
        text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}\n\n" for n, line in enumerate(lines, 1))
        assert turns("a.srt", text)[0] == ("ANA", "Yes. Yes.", 1.0)

    def test_captions_without_speakers_become_paragraphs(self):
        sentence = "This is one of very many sentences that somebody says in a meeting."
        text = "".join(f"{n}\n00:{n:02d}:00,000 --> 00:{n:02d}:59,000\n{n} {sentence}\n\n" for n in range(30))
        paragraphs = turns("a.srt", text)
        assert 4 < len(paragraphs) < 15
        assert all(60 <= len(words.split()) <= 130 for _, words, _ in paragraphs[:-1])
        assert "No speaker was found." in said(read("a.srt", text))

    def test_a_long_pause_ends_a_paragraph(self):
        text = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n00:00:02,500 --> 00:00:03,000\nAll here.\n\n3\n00:01:00,000 --> 00:01:01,000\nBack again.\n"
        assert turns("a.srt", text) == [("", "Hello. All here.", 1.0), ("", "Back again.", 60.0)]


def test_what_was_found_is_said():
    text = said(read("a.vtt", vtt("00:01.000 --> 00:02.000\n<v Ana>Hello.", "01:03.000 --> 01:04.000\n<v Omar>Hi.")))
    assert "Speakers and their turns: Ana (1), Omar (1)." in text
    assert "2 of 2 turns have a start, from 0:01 to 1:03." in text


def test_the_document_is_named_after_its_file():
    (document,) = preview("Weekly sync.vtt", vtt("00:01.000 --> 00:02.000\n<v Ana>Hello.")).documents
    assert document.id == "Weekly sync"


class TestNamesOnTheFirstLines:
    def test_of_almost_all_cues_tell_who_speaks(self):
        text = (
            "1\n00:00:01,000 --> 00:00:02,000\nAna Costa\nGood morning.\n\n2\n00:00:02,500 --> 00:00:04,000\nOmar\nYes.\n"
            "All fine.\n\n3\n00:00:05,000 --> 00:00:06,000\nAna Costa\nBye.\n"
        )
        assert turns("a.srt", text) == [
            ("Ana Costa", "Good morning.", 1.0),
            ("Omar", "Yes. All fine.", 2.5),
            ("Ana Costa", "Bye.", 5.0),
        ]

    def test_of_some_cues_are_words(self):
        text = vtt("00:01.000 --> 00:02.000\nAna Costa\ncomes later.", "00:02.000 --> 00:03.000\nshe said\nso.")
        assert turns("a.vtt", text) == [("", "Ana Costa comes later. she said so.", 1.0)]


class TestCuesWithoutABlankLineBetween:
    def test_are_cues_each(self):
        text = "1\n00:00:01,000 --> 00:00:02,000\nAna: Hi.\n2\n00:00:02,500 --> 00:00:04,000\nOmar: Yes.\n00:00:05,000 --> 00:00:06,000\nAna: Bye.\n"
        assert turns("a.srt", text) == [("Ana", "Hi.", 1.0), ("Omar", "Yes.", 2.5), ("Ana", "Bye.", 5.0)]

    def test_keep_their_identifiers_out_of_the_words(self):
        text = "WEBVTT\n\na1\n00:01.000 --> 00:02.000\nAna: Hi.\n00:02.000 --> 00:03.000\nOmar: Yes.\n\nid x\n00:04.000 --> 00:05.000\nAna: Bye.\n"
        assert turns("a.vtt", text) == [("Ana", "Hi.", 1.0), ("Omar", "Yes.", 2.0), ("Ana", "Bye.", 4.0)]
