"""Markdown as models write it: rendered, as plain text, as words alone, and counted."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.markup.counts import count_markup
from lib.markup.html import MarkedSentence, as_html
from lib.markup.parsing import DEEPEST, LONGEST
from lib.markup.plain import plain_text, with_origin, words_only

MEETING = """## Summary
The team *met* on Monday.

**Decisions**
- Ship on *Friday*
  - Maya tells the press
    1. draft
    2. send
- [ ] Li: notes
- [x] Jean-Luc: minutes

---
| who | what |
|---|---:|
| Li | notes<br>and **minutes** |

> we ship
"""
TAGS = {
    *("h4", "h5", "h6", "p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "div"),
    *("table", "thead", "tbody", "tr", "th", "td", "span"),
}
ATTRIBUTES = {"class", "dir", "start", "scope", "role", "aria-label", "tabindex", "data-sentence", "data-support"}
MARKDOWN = st.lists(
    st.sampled_from(
        [
            *("# ", "## ", "- ", "1. ", "> ", "    ", "**", "*", "__", "_", "`", "```", "~~", "|", "\n", "\n\n", "---"),
            *(
                "|-|-|",
                "[",
                "](",
                ")",
                "![",
                "<b>",
                "</b>",
                "<script>",
                "&amp;",
                "\\",
                "[ ] ",
                "<br>",
                "http://a.b",
                "]: ",
            ),
            *("word", "Friday", " ", ".", "决定", "：", "é", "\u2028", "\t", "\r\n", "<!--", '"', "'"),
        ]
    ),
    max_size=40,
).map("".join)


class Reading(HTMLParser):
    """Collects tags, attributes and text, and checks that what opens closes in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def headings(source, **options):
    return re.findall(r"<(h\d)", as_html(source, **options))


# ---- rendered


def test_headings_lists_tables_and_bold_text_are_shown_as_such():
    reading = Reading(as_html(MEETING))
    assert {"h4", "strong", "em", "ul", "ol", "li", "hr", "table", "th", "td", "blockquote", "br"} <= set(reading.tags)
    assert not {"*", "#", "|", "`"} & set("".join(reading.text))


@settings(max_examples=300)
@given(MARKDOWN)
def test_only_our_own_tags_come_out_and_they_close(source):
    reading = Reading(as_html(source))
    assert set(reading.tags) <= TAGS
    assert {name for name, _ in reading.attributes} <= ATTRIBUTES


@settings(max_examples=300)
@given(MARKDOWN)
def test_both_ways_show_the_same_letters(source):
    shown = "".join(Reading(as_html(source)).text)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", words_of_all(source))


def words_of_all(source):
    # Numbers of items are shown by the browser; boxes and cells are text of the page.
    text = with_origin(source)
    return "".join(character for character, at in zip(text.text, text.origin, strict=True) if at >= 0).replace("; ", "")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[the notes](https://example.org/x)", "the notes"),
        ("<https://example.org/x>", "https://example.org/x"),
        ("![a chart](https://example.org/x.png) shows it", "a chart shows it"),
        ("[click](javascript:alert(1))", "[click](javascript:alert(1))"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('<img src="https://example.org/x.png">', '<img src="https://example.org/x.png">'),
        ("a <b>bold</b> word", "a <b>bold</b> word"),
    ],
)
def test_links_images_and_html_are_text(source, shown):
    reading = Reading(as_html(source))
    assert ("".join(reading.text), reading.tags) == (shown, ["p"])


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("# a", ["h4"]),
        ("### a\n# b\n## c", ["h4", "h4", "h5"]),
        ("## a\n### b\n## c", ["h4", "h5", "h4"]),
        ("# a\n#### b", ["h4", "h5"]),
        ("# a\n## b\n### c\n#### d\n##### e", ["h4", "h5", "h6", "h6", "h6"]),
        ("a\n===\n\nb\n---", ["h4", "h5"]),
    ],
)
def test_headings_leave_no_level_of_the_outline_out(source, levels):
    assert headings(source) == levels


def test_headings_stand_below_the_one_of_their_card():
    assert headings("# a", below=2) == ["h3"]


@pytest.mark.parametrize(
    "source", ["[Maya]: we ship", "    four spaces", "Maya said:\n    yes", "a\nb", "2024. A new year", "x_y_z 2*3*4"]
)
def test_text_that_is_no_markup_stays_in_sight(source):
    shown = "".join(Reading(as_html(source).replace("<br>", "\n")).text)
    expected = "A new year" if source.startswith("2024") else re.sub(r"^ +", "", source, flags=re.MULTILINE)
    assert shown == expected.replace("*", "") if "*" in source else shown == expected


def test_an_ordered_list_keeps_its_first_number():
    assert '<ol start="2024" dir="auto">' in as_html("2024. A new year")


@pytest.mark.parametrize(
    ("source", "bold"), [("**决定：**发布", "决定："), ("他说**“好”**了", "“好”"), ("**Next:**yes", "")]
)
def test_bold_text_beside_chinese_letters(source, bold):
    assert (f"<strong>{bold}</strong>" in as_html(source)) is bool(bold)


@pytest.mark.parametrize(
    "source", ["", "  ", "---", "![](x.png)", "[](x)", "# ", "```\n```", "**  **", ">", "- ", "| |\n|-|\n| |"]
)
def test_a_text_of_which_nothing_would_be_seen_is_shown_as_written(source):
    shown = "".join(Reading(as_html(source).replace("<br>", "\n")).text)
    assert shown.strip(" ") == re.sub(" +", " ", source).strip(" ")
    assert plain_text(source) == words_only(source) == source


def test_what_is_nested_too_deeply_is_shown_as_written():
    source = "> " * (DEEPEST + 5) + "we ship"
    assert "".join(Reading(as_html(source)).text) == source


def test_what_is_too_long_is_shown_as_written():
    source = "**a** " * (LONGEST // 6 + 1)
    assert "<strong>" not in as_html(source)


# ---- sentences marked


def spans(html):
    return re.findall(r'<span class="sentence" data-sentence="(\d+)" data-support="([\d ]*)">(.*?)</span>', html)


def mark(source, *texts):
    return tuple(
        MarkedSentence(source.index(text), source.index(text) + len(text), (number,))
        for number, text in enumerate(texts, 1)
    )


def test_a_sentence_with_markup_is_one_span():
    source = "We **met. Then *we* left.** Bye."
    html = as_html(source, mark(source, "We **met.", "Then *we* left.**", "Bye."))
    assert spans(html) == [
        ("0", "1", "We <strong>met.</strong>"),
        ("1", "2", "<strong>Then <em>we</em> left.</strong>"),
        ("2", "3", "Bye."),
    ]


def test_a_row_of_a_table_has_a_span_in_each_cell():
    source = "| who | what |\n|-|-|\n| Li | **notes** |\n"
    html = as_html(source, mark(source, "| who | what |", "| Li | **notes** |"))
    assert spans(html) == [
        *(("0", "1", "who"), ("0", "1", "what")),
        *(("1", "2", "Li"), ("1", "2", "<strong>notes</strong>")),
    ]


@settings(max_examples=300)
@given(MARKDOWN, st.lists(st.integers(0, 200), max_size=8))
def test_marks_change_no_letter(source, cuts):
    edges = sorted({cut for cut in cuts if cut <= len(source)})
    marked = tuple(MarkedSentence(a, b, (1,)) for a, b in pairwise(edges))
    assert "".join(Reading(as_html(source, marked)).text) == "".join(Reading(as_html(source)).text)
    parts = with_origin(source).parts([(s.start, s.end) for s in marked])
    assert "".join(text for text, _ in parts) == plain_text(source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Two  blanks.\t\tA tab. ", "<p>Two blanks. A tab.</p>"),
        ("One **bold ** and  *this*  one", "<p>One **bold ** and <em>this</em> one</p>"),
        ("Line \n  line", "<p>Line<br>line</p>"),
        ("```\na  b\n```", "<pre><code>a  b</code></pre>"),
        ("say `a  b`  twice", "<p>say <code>a  b</code> twice</p>"),
    ],
)
def test_the_source_of_a_page_has_no_more_blanks_than_the_page(source, shown):
    assert as_html(source).replace(' dir="auto"', "") == shown


def test_blanks_at_the_end_of_a_sentence_are_one_too():
    cut = (MarkedSentence(0, 5, (1,)), MarkedSentence(5, 10, (2,)))
    assert list(Reading(as_html("One.  Two.", cut)).text) == ["One. ", "Two."]


# ---- plain


def test_plain_text_keeps_lines_lists_and_rows_readable():
    assert plain_text(MEETING) == (
        "Summary\nThe team met on Monday.\n\nDecisions\n- Ship on Friday\n  - Maya tells the press\n    1. draft\n"
        "    2. send\n- ☐ Li: notes\n- ☑ Jean-Luc: minutes\n\nwho; what\nLi; notes and minutes\n\nwe ship"
    )


def test_words_alone_have_no_signs():
    assert words_only(MEETING) == (
        "Summary\nThe team met on Monday.\n\nDecisions\nShip on Friday\nMaya tells the press\ndraft\nsend\nLi: notes\n"
        "Jean-Luc: minutes\n\nwho what\nLi notes and minutes\n\nwe ship"
    )


@pytest.mark.parametrize(
    "text", ["One line.", "Two\nlines.", "One.\n\nTwo: a-b, 3.5 % (x) & y.", "周五发布。\n测试好了。"]
)
def test_text_without_markup_stays_as_it_is(text):
    assert plain_text(text) == words_only(text) == text


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("`code` and ~~old~~ __new__", "code and old new"),
        (r"\*not bold\* &amp; &lt;b&gt;", "*not bold* & <b>"),
        ("* one\n+ two", "- one\n- two"),
        ("3) three\n4) four", "3. three\n4. four"),
        ("- one\n\n  more of it\n\n- two", "- one\n\n  more of it\n\n- two"),
        ("```python\nx  = 1\n```", "x  = 1"),
        ("a  \nb", "a\nb"),
        ("Title\n=====\ntext", "Title\ntext"),
    ],
)
def test_markup_is_removed_in_one_way(source, plain):
    assert plain_text(source) == plain


def test_each_letter_knows_its_place_in_the_source():
    source = "a **bold** `w` \\* &amp; ~~x~~ [t](u) ☐"
    text = with_origin(source)
    assert [source[at] for character, at in zip(text.text, text.origin, strict=True) if character != "&"] == [
        "\\" if character == "*" else character for character in text.text if character != "&"
    ]


# ---- counts


def test_headers_items_and_bold_text_are_counted():
    counts = count_markup(MEETING + "\n__loud__\n```\n# no\n- no\n**no**\n```\n")
    assert counts.headers == {"h1": 0, "h2": 1, "h3": 0, "h4": 0, "h5": 0, "h6": 0}
    assert counts.lists == {"ordered": 2, "unordered": 4}
    assert counts.bold == {"**": 2, "__": 1}


def test_plain_text_has_no_markup_to_count():
    counts = count_markup("We met. #1 is *fine*, 3.5 too - and 2*3.")
    assert sum([*counts.headers.values(), *counts.lists.values(), *counts.bold.values()]) == 0
