"""Every page of researchers in Chinese: nothing of ours is left in English, whoever computed or stored it."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from evalsite.language import ENGLISH
from leaderboards.models.sharing import PAGES
from leaderboards.sharing.links import revoke_link
from lib.text.translated import VERBATIM
from models_runner.systems import catalog
from protocol.running.run import begin
from tests.addresses import TABLE
from tests.annotations.studies.test_setup import asked_for
from tests.factories import UserFactory, make_study
from tests.leaderboards.analysed import make_scored_study
from tests.leaderboards.shared import COMMENT, link_to, make_shown_study
from tests.pagetext import texts_in
from tests.people import researcher
from tests.protocol.files import small, text_of, with_meetings, work_in
from tests.rights import JOINED, ROLES
from tests.test_permissions import make_world
from tests.written import write

# What pages say, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Two words in a row. A slug, an address and the name of a file are one.
ENGLISH_WORDS = re.compile(r"(?<![\w./-])[A-Za-z]{2,}(?:[ ,.;:’'(]+(?:a |of )?[A-Za-z]{2,}(?![\w./-]))+")
WORD = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[一-鿿]")
# Names that are the same in every language, and commands.
NAMES = re.compile(
    r"API|CSV|JSON Lines|JSON|LaTeX|Markdown|Word|Excel|OpenDocument|WebVTT|SubRip|GGUF|OpenAI|ROUGE-?\w*|BERTScore"
    r"|Krippendorff|Kendall|Spearman|Pearson|Holm|Wilson|Davidson|Bradley–Terry|Waudby-Smith|Ramdas|Piaggio|JAMA"
    r"|Zoom|Teams|Meet|Otter|Whisper|Prolific|Arena|Evalica|PROLIFIC_PID|Punchweight|README\.md|token"
    r"|(?:python manage\.py|make|pip install)(?: [\w=-]+)*"
)
# What the world of these tests says itself.
OF_THE_WORLD = re.compile(
    r"参考文献 .*|We ship the checkout on Friday\.|Summary number \d+ of the meeting\.|Ratings, \d\.\d|Tiny model|Large model|gold: overall a"
    rf"|The table asks|Meeting summaries|{re.escape(COMMENT)}"
)
OF_A_STUDY = re.compile(
    "(?!shared-|public-)(board|trust|study|combined|planning|figures|exports|disagreements|gold|small-versus-large|errors"
    "|report|sharing)"
)
TO_DO = (
    "These texts are not translated. In a template mark them with {% translate %} or {% blocktranslate %}, or show what "
    "Python wrote with the filter `translated`; then run `make messages` and fill the empty entries (CONTRIBUTING.md)."
)


@pytest.fixture(scope="module")
def answers(module_rows):
    """What an administrator gets from every address that is translated, in Chinese; boards also of a study with votes."""
    with module_rows(), translation.override("en"):
        world = make_world()
        scored = make_scored_study(slug="scored")
        shown = make_shown_study(slug="shown", criteria=("overall", "fluency"))
        write(world.files)
        client = world.clients["administrator"]
        yield {
            name: client.get(address, follow=True, headers={"accept-language": "zh-CN"})
            for name, address in [*_addresses(world.args, scored.slug), *_addresses_without_account(shown)]
        }


def _addresses(args, scored):
    for name, (method, roles) in TABLE.items():
        if method != "GET" or roles[ROLES.index("administrator")] != "in" or roles is JOINED or name in ENGLISH:
            continue
        yield name, reverse(name, args=args[name])
        if OF_A_STUDY.match(name) and len(args[name]) == 1:
            yield f"{name} with votes", reverse(name, args=[scored])


def _addresses_without_account(shown):
    """The report, every page of a link, one that it does not show, and links that end; with votes and comments."""
    yield "report of a study that is shown", reverse("report", args=[shown.slug])
    yield "study that is shown", reverse("study", args=[shown.slug])
    _, all_pages = link_to(shown, texts=True, comments=True)
    _, trust_alone = link_to(shown, "trust")
    revoked, token_of_revoked = link_to(shown)
    revoke_link(revoked, UserFactory())
    yield "sharing with links", reverse("sharing", args=[shown.slug])
    for page in PAGES:
        yield f"shared {page} with votes", reverse(f"shared-{page}", args=[all_pages])
    yield "a page that a link does not show", reverse("shared-report", args=[trust_alone])
    yield "a revoked link", reverse("shared-report", args=[token_of_revoked])
    yield "no link", reverse("shared-report", args=["nobody-made-this"])


@pytest.fixture(scope="module")
def catalogue_words():
    """Names and licences of systems."""
    entries = catalog.all_entries().values()
    return {str(entry[field]) for entry in entries for field in ("name", "licence") if entry.get(field)}


def english_in(html, given=frozenset()):
    """Texts without Chinese and with two English words in a row, and texts with three or more among Chinese."""
    visible = re.sub(r"<(code|pre)\b.*?</\1>", "", html, flags=re.DOTALL)
    found = []
    for text in texts_in("zh-hans", visible):
        if text in given:
            continue
        runs = ENGLISH_WORDS.findall(NAMES.sub("", OF_THE_WORLD.sub("", text)))
        if any(not CHINESE.search(text) or len(WORD.findall(run)) > 2 for run in runs):
            found.append(text)
    return found


def test_every_page_is_in_chinese(answers, catalogue_words):
    shown = {name: a for name, a in answers.items() if a["Content-Type"].startswith("text/html")}
    pages = {
        name: a.content.decode() for name, a in shown.items() if not a.streaming
    }  # but the docs, a site of their own
    assert len(pages) > 70
    assert {name for name, html in pages.items() if '<html lang="zh-hans">' not in html} <= {"board-status"} | {
        name for name in pages if name.startswith("board-status")
    }
    assert [name for name, html in pages.items() if VERBATIM in html] == []
    left = {name: english_in(html, catalogue_words) for name, html in pages.items()}
    assert {name: texts for name, texts in left.items() if texts} == {}, TO_DO


# A mark of an English sentence after a Chinese one.
WRONG_MARK = re.compile(r"[一-鿿][.,;:!?](?=\s|$)")


def wrong_marks(html):
    return [text for text in texts_in("zh-hans", html) if WRONG_MARK.search(text)]


def test_sentences_that_a_template_puts_together_have_full_width_marks():
    study, client = make_study(slug="marked"), researcher()
    for address in (reverse("home"), study.get_absolute_url()):
        html = client.get(address, headers={"accept-language": "zh-CN"}).content.decode()
        assert "评价" in html
        assert wrong_marks(html) == []


def test_marks_that_are_not_full_width_are_found():
    html = '<html lang="zh-hans"><p>都不好. 备注：可选。</p><p>足够好。在比较中</p><p>见 docs.md：1,000 票</p></html>'
    assert wrong_marks(html) == ["都不好. 备注：可选。"]


# What says what something is, in a word of its own: names of criteria and systems stand elsewhere, or are code.
LABEL = re.compile(r"<(label|legend|button|summary|dt|h1|h2|h3)\b[^>]*>\s*([A-Za-z]{3,})[:：]?\s*</\1>")
WORDS_OF_THE_WORLD = {"English", "strict", "other", "shown", "scored", "overall", "tuned"}
NAMES_OF_ONE_WORD = {"BERTScore", "DOI", "Evalica", "LaTeX", "Punchweight"}
# What the site runs on, on the page Operations.
NAMES_OF_ONE_WORD |= {"Celery", "Django", "Linux", "PostgreSQL", "Python", "SQLite", "transformers"}


def english_labels(html):
    return {word for _, word in LABEL.findall(html)} - WORDS_OF_THE_WORLD - NAMES_OF_ONE_WORD


def test_no_label_is_one_english_word(answers):
    shown = [a for a in answers.values() if a["Content-Type"].startswith("text/html") and not a.streaming]
    assert {word for a in shown for word in english_labels(a.content.decode())} == set(), TO_DO


def test_a_label_of_one_english_word_is_found():
    assert english_labels('<label for="a">Samples:</label><h2 id="b">温度</h2><dt>Price</dt>') == {"Samples", "Price"}


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Votes by people</p>", ["Votes by people"]),
        ("<p>票数：there are too few to say</p>", ["票数：there are too few to say"]),
        ('<table><td data-label="Last rated">好</td></table>', ["Last rated"]),
        ('<img alt="Win rates, row against column">', ["Win rates, row against column"]),
        ("<p>BERTScore、ROUGE-1，smollm2-135m-instruct</p><code>python manage.py serve</code><p>Kendall</p>", []),
        ('<p lang="en">A document in English.</p>', []),
    ],
)
def test_what_is_left_in_english_is_found(html, found):
    assert english_in(f'<html lang="zh-hans">{html}</html>') == found


def test_a_page_that_is_not_marked_is_found(answers, catalogue_words):
    """The test itself: an English page is full of texts that it finds."""
    english = answers["studies"].wsgi_request  # the same request again, in English
    client_page = answers["studies"].client.get(english.path, headers={"accept-language": "en"})
    html = client_page.content.decode().replace('lang="en"', 'lang="zh-hans"')
    assert len(english_in(html, catalogue_words)) > 3


def filled_in(**changes):
    """The form of a new study over thirty documents, two systems named of three."""
    study = make_study(systems=3, documents=30)
    systems = list(study.systems.order_by("slug"))
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug, "margin": "10"}
    return asked_for(study.dataset, systems, annotators=6, quota=6, **pair) | changes


@pytest.mark.parametrize("name", ["new-study", "new-study-live"])
@pytest.mark.parametrize(
    "changes",
    [
        {"hourly_rate": "20"},
        {"quota": 9, "margin": "1", "small_system": "", "comments": "optional"},
        {"simulate": "1"},
        {"annotators": 1, "closes_at": "2000-01-01T10:00", "opens_at": "2001-01-01T10:00"},
    ],
    ids=["forecast", "no pair", "simulated", "problems"],
)
def test_a_study_that_is_being_made_is_said_in_chinese(name, changes):
    answer = researcher().post(reverse(name), filled_in(check="when") | changes, headers={"accept-language": "zh-CN"})
    assert "评" in answer.content.decode()
    assert english_in(f'<html lang="zh-hans">{answer.content.decode()}</html>') == [], TO_DO


WRONG = """punchweight_protocol: 1
datasets: {meetings: {content: no}}
runs: 3
study: {slug: x y, dataset: others, systems: [a], quota: 0, quotas: 1}
"""


@pytest.mark.parametrize("text", ["a: &b 1", "a: 1", WRONG, text_of(small(study__dataset="others"))])
def test_problems_of_a_protocol_are_said_in_chinese(text):
    file = SimpleUploadedFile("x.yaml", text.encode(), "application/yaml")
    answer = researcher().post(reverse("new-from-protocol"), {"file": file}, headers={"accept-language": "zh-CN"})
    assert answer.status_code == 400
    assert english_in(without_files(answer)) == [], TO_DO


def without_files(answer):
    return re.sub(r"<textarea.*?</textarea>", "", answer.content.decode(), flags=re.DOTALL)


def test_a_protocol_is_said_in_chinese(tmp_path):
    client, chinese = researcher(), {"headers": {"accept-language": "zh-CN"}}
    other = text_of(small(study__quota=5, about="Else.")).encode()
    before = client.post(reverse("new-from-protocol"), {"file": SimpleUploadedFile("x.yaml", other)}, **chinese)
    study = begin(work_in(with_meetings(tmp_path)))
    address = reverse("study-protocol", args=[study.slug])
    compared = client.post(address, {"file": SimpleUploadedFile("x.yaml", other)}, **chinese)
    given = {study.title, "Else."}
    assert "同" in compared.content.decode()
    assert [english_in(without_files(page), given) for page in (before, compared)] == [[], []], TO_DO


# Elements within a line: what stands around them is one text.
INLINE = re.compile(r"</?(?:a|abbr|b|code|em|kbd|mark|q|small|span|strong|sub|sup|time)\b[^>]*>")
NOT_PROSE = re.compile(
    r"<(script|style|textarea|pre|head)\b.*?</\1>|<[^>]*\blang=\"en\"[^>]*>[^<]*|<!--.*?-->", re.DOTALL
)
# Of Latin text within Chinese: the mark stands right after a Han character, or opens around one.
HALF_WIDTH = re.compile(r"[一-鿿”》][:;,?!](?![\w|])[^\n]{0,10}|[一-鿿] ?\([^\n]{0,10}|\([一-鿿][^\n]{0,10}")


def half_width_in(html):
    """Marks of English in Chinese prose, though an element ends before them."""
    text = re.sub(r"<[^>]+>", "\n", INLINE.sub("", NOT_PROSE.sub("\n", html)))
    # A question about people is a line of "choice | question | a; b".
    return [found for line in text.splitlines() if " | " not in line for found in HALF_WIDTH.findall(line)]


def test_chinese_pages_have_chinese_marks(answers):
    shown = {
        name: a.content.decode()
        for name, a in answers.items()
        if a["Content-Type"].startswith("text/html")
        and not a.streaming
        and '<html lang="zh-hans">' in a.content.decode()
    }
    left = {name: half_width_in(html) for name, html in shown.items()}
    assert {name: found for name, found in left.items() if found} == {}


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p><strong>成员</strong>: 参加研究。</p>", 1),
        ("<p>API 令牌 (3)</p>", 1),
        ("<p>cafe (负责人)</p>", 1),
        ("<p>成员：参加研究，读 README.md, LICENSE (MIT)。</p>", 0),
        ("<pre>选择: 甲</pre><p lang='zh'>甲</p><dt>甲</dt><dd>(a)</dd>", 0),
    ],
)
def test_half_width_marks_are_found(html, found):
    assert len(half_width_in(html)) == found
