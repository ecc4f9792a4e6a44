"""Everything an annotator sees, in Chinese and in English: nothing of ours is left in the other language."""

import functools
import json
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation

from annotations.models import Criterion, Study
from annotations.people.links import invitation_path
from annotations.studies.criteria import LIBRARY
from evalsite.language import ENGLISH
from lib.json.errors import json_error
from tests.annotations.blindness import crawl
from tests.annotations.blindness.crawl import Crawler
from tests.annotations.blindness.marked import recognisable_keys, study  # noqa: F401  (fixtures)
from tests.factories import UserFactory, make_study
from tests.pagetext import texts_in
from tests.people import researcher

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Names, keys and what the study's researchers wrote; names of fields in answers to requests that no page makes.
SAME_EVERYWHERE = {
    *("Punchweight", "Cookie", "annotator", "Ctrl", "Shift", "Enter", "Tab", "Esc", "PROLIFIC", "PID", "FFEE", "UUID"),
    *("token", "criterion", "choice", "client", "key", "kind", "lead", "time", "ms", "beauty", "after"),
    *("side", "mark"),
}
OWN_WORDS = "Read first, then judge."
TO_DO = (
    "These texts are not translated. Mark each with {% translate %}, {% blocktranslate %} or gettext, run `make messages`, "
    "translate the empty entries in locale/ and run it again (CONTRIBUTING.md)."
)


@pytest.fixture(autouse=True)
def _language_of_this_test_alone():
    """The test client answers in this thread, which keeps the language of the last request."""
    with translation.override("en"):
        yield


def browser(language="zh-CN", **options):
    return Client(headers={"accept-language": language}, **options)


def words_of_another_language(language, answer):
    """Latin words on a Chinese page, Chinese on an English one; of a JSON answer: in its message."""
    if answer["Content-Type"].startswith("application/json"):
        data = json.loads(answer.content)
        texts = [data["error"]["message"]] if "error" in data else []
    else:
        texts = texts_in(language, answer.content.decode().replace(OWN_WORDS, ""))
    foreign = r"[A-Za-z]{2,}" if language == "zh-hans" else r"[一-鿿]+"
    return [text for text in texts if set(re.findall(foreign, text)) - SAME_EVERYWHERE]


@pytest.mark.parametrize(("accepted", "language"), [("zh-CN,zh;q=0.9,en;q=0.5", "zh-hans"), ("en-GB,zh;q=0.5", "en")])
def test_every_answer_to_an_annotator_is_in_one_language(study, monkeypatch, accepted, language):  # noqa: F811
    monkeypatch.setattr(crawl, "Client", functools.partial(Client, headers={"accept-language": accepted}))
    answers = Crawler(study).crawl()
    for name in [name for name in answers if "in language" in name][:-1]:
        del answers[name]  # where the crawl tries the others
    left = {
        name: words_of_another_language(language, a) for name, a in answers.items() if a.content and name != "my data"
    }
    assert {name: texts for name, texts in left.items() if texts} == {}, TO_DO
    pages = [a.content.decode() for a in answers.values() if b"<html" in a.content]
    assert len(pages) > 30
    assert all(f'<html lang="{language}">' in page for page in pages)


@pytest.mark.parametrize(
    "options",
    [
        {"strength": "required", "break_minutes": 30, "comments": "required", "instruction": "long"},
        {
            "strength": "optional",
            "allow_tie": False,
            "comments": "off",
            "instruction": "short",
            "ask_marks": "optional",
        },
    ],
)
def test_every_option_of_the_rating_page_is_translated(options):
    made = make_study(**options)
    client, owner = browser(), researcher()
    client.post(invitation_path(made))
    for answer in (
        client.get(reverse("rate", args=[made.public_id])),
        owner.get(reverse("preview", args=[made.slug]), headers={"accept-language": "zh-CN"}),
    ):
        assert "会议记录" in answer.content.decode()
        assert words_of_another_language("zh-hans", answer) == [], TO_DO


def test_a_study_without_pairs_says_so_in_chinese():
    made = make_study(systems=1, slug="key")
    answer = researcher().get(reverse("preview", args=[made.slug]), headers={"accept-language": "zh-CN"})
    assert words_of_another_language("zh-hans", answer) == ["researcher"], TO_DO


def test_a_text_that_is_not_translated_is_found():
    page = (
        '<html lang="zh-hans"><p lang="en">Fine.</p><p title="Bad">好<b>Also bad</b></p><button>English</button></html>'
    )
    answer = HttpResponse(page)
    assert words_of_another_language("zh-hans", answer) == ["Bad", "Also bad", "English"]
    assert words_of_another_language("en", HttpResponse('<html lang="en"><p>好</p><p lang="zh">好</p></html>')) == [
        "好"
    ]
    refusal = json_error(409, "code", "Not translated.")
    assert words_of_another_language("zh-hans", refusal) == ["Not translated."]


@pytest.mark.parametrize("address", ["/", "/login/", "/nowhere/"])
def test_pages_on_the_way_are_translated(address):
    assert words_of_another_language("zh-hans", browser().get(address)) == [], TO_DO


def test_pages_of_an_account_without_rights_are_translated():
    client = browser()
    client.force_login(UserFactory(username="评价者"))
    for address in ("/", "/runs/", "/studies/none/"):
        assert words_of_another_language("zh-hans", client.get(address)) == [], (address, TO_DO)


def test_a_wrong_login_is_said_in_chinese():
    answer = browser().post("/login/", {"username": "maya", "password": "wrong"})
    assert words_of_another_language("zh-hans", answer) == []


def test_a_locked_login_is_said_in_chinese(settings):
    client = browser()
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        answer = client.post("/login/", {"username": "maya", "password": "wrong"})
    assert "尝试次数过多" in answer.content.decode()
    assert words_of_another_language("zh-hans", answer) == []


def test_who_still_rates_is_told_so_in_chinese():
    made = make_study()
    user = UserFactory(username="评价者", is_staff=True)
    made.annotators.create(number=1, pseudonym="annotator-001", user=user)
    client = browser()
    client.force_login(user)
    for name in ("study-quality", "disagreements", "board"):
        address = reverse(name, args=[made.slug])
        answer = client.get(address)
        assert answer.status_code == 403
        assert words_of_another_language("zh-hans", answer) == [], address


@pytest.mark.parametrize("accepted", ["zh-CN", "zh", "zh-Hans", "zh-SG", "zh-TW", "fr, zh-CN;q=0.8, en;q=0.5"])
def test_every_way_to_ask_for_chinese(accepted):
    assert '<html lang="zh-hans">' in browser(accepted).get("/login/").content.decode()


@pytest.mark.parametrize("accepted", ["", "en", "de-DE", "*", "nonsense;;"])
def test_english_for_everybody_else(accepted):
    assert '<html lang="en">' in browser(accepted).get("/login/").content.decode()


def test_researchers_pages_follow_the_browser_and_have_the_switch():
    made = make_study()
    client = researcher()
    for address in ("/", "/runs/", "/studies/", f"/studies/{made.slug}/", f"/studies/{made.slug}/settings/"):
        for accepted, language in (("zh-CN", "zh-hans"), ("en", "en")):
            answer = client.get(address, headers={"accept-language": accepted})
            html = answer.content.decode()
            assert (answer.status_code, answer["Content-Language"]) == (200, language)
            assert f'<html lang="{language}">' in html
            assert reverse("set-language") in html


def test_what_programs_read_is_english():
    made = make_study()
    client = researcher()
    for name, more in (("board-json", []), ("trust-json", []), ("board-table", ["csv"]), ("board-ratings", ["csv"])):
        answer = client.get(reverse(name, args=[made.slug, *more]), headers={"accept-language": "zh-CN"})
        assert answer["Content-Language"] == "en"
        assert not re.search(r"[一-鿿]", b"".join(answer).decode()), name
    refused = Client().get("/api/v1/datasets", headers={"accept-language": "zh-CN"})
    assert refused.status_code == 401
    assert not re.search(r"[一-鿿]", refused.content.decode())


def test_addresses_that_are_english_exist():
    assert {name for name in get_resolver().reverse_dict if isinstance(name, str)} >= ENGLISH


# ---- the switch


def switch(client, language, **data):
    return client.post(reverse("set-language"), {"language": language, **data})


def test_the_choice_outlasts_the_browsers_language_and_leads_back():
    path = invitation_path(make_study()) + "?PROLIFIC_PID=5f1e"
    client = browser("en")
    page = client.get(path).content.decode()
    assert f'name="next" value="{path}"' in page
    assert re.search(r'value="en" lang="en" aria-current="true">English<', page)
    assert re.search(r'value="zh-hans" lang="zh-hans">简体中文<', page)
    assert switch(client, "zh-hans", next=path)["Location"] == path
    assert '<html lang="zh-hans">' in client.get(path).content.decode()
    switch(client, "en", next=path)
    assert '<html lang="en">' in client.get(path).content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/", "//example.org/", "\\\\example.org", "javascript:alert(1)", "", " /\\example.org"],
)
def test_the_switch_leads_nowhere_else(elsewhere):
    assert switch(Client(), "zh-hans", next=elsewhere)["Location"] == "/"


def test_the_switch_needs_the_security_token():
    assert switch(Client(enforce_csrf_checks=True), "zh-hans", next="/").status_code == 403


def test_an_unknown_language_changes_nothing():
    client = Client()
    assert not switch(client, "klingon", next="/").cookies
    assert '<html lang="en">' in client.get("/login/").content.decode()


def test_an_answer_to_a_form_has_no_switch():
    """Its address takes no GET, so there is nothing to come back to."""
    made = make_study()
    client = browser()
    client.post(invitation_path(made))
    erased = client.post(reverse("erase-me", args=[made.public_id]))
    assert erased.status_code == 200
    assert reverse("set-language") not in erased.content.decode()


@pytest.mark.parametrize("address", ["/", "/login/", "/nowhere/", "join"])
def test_caches_keep_languages_apart(address):
    answer = Client().get(invitation_path(make_study()) if address == "join" else address)
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


# ---- what researchers wrote, and what is the library's


@pytest.fixture
def rating():
    made = make_study(systems=2, documents=1)
    client = browser()
    client.post(invitation_path(made))
    return lambda: client.get(reverse("rate", args=[made.public_id])).content.decode()


def test_questions_of_the_library_are_translated(rating):
    for key, (question, help_text) in LIBRARY.items():
        Criterion.objects.update(key=key, question=question, help_text=help_text)
        html = rating()
        assert question not in html
        assert help_text not in html


def test_questions_of_ones_own_stay_as_written(rating):
    Criterion.objects.update(key="overall", question="Which would your boss like?", help_text="Be honest.")
    html = rating()
    assert "Which would your boss like?" in html
    assert "Be honest." in html


def test_only_the_default_heading_is_translated(rating):
    assert "<h1>哪份会议摘要更好？</h1>" in rating()
    Study.objects.update(annotator_title="Two texts, one choice")
    assert "<h1>Two texts, one choice</h1>" in rating()


def test_every_text_of_the_library_is_in_the_catalogue():
    with translation.override("zh-hans"):
        for text in (text for texts in LIBRARY.values() for text in texts):
            assert translation.gettext(text) != text


@pytest.mark.parametrize(
    ("language", "written"), [("zh-CN", "评价将于 2999年1月2日 15:04 开始"), ("en", "Rating begins 2 Jan 2999, 15:04.")]
)
def test_a_date_is_written_as_the_language_does(language, written):
    made = make_study(opens_at="2999-01-02T15:04Z")
    client = browser(language)
    client.post(invitation_path(made))
    assert written in client.get(reverse("rate", args=[made.public_id])).content.decode()


@pytest.mark.parametrize(
    ("language", "minutes", "written"),
    [("en", 1, "for 1 minute."), ("en", 30, "for 30 minutes."), ("zh-CN", 30, "评了 30 分钟。")],
)
def test_minutes_are_counted(language, minutes, written):
    made = make_study(break_minutes=minutes)
    client = browser(language)
    client.post(invitation_path(made))
    assert written in client.get(reverse("rate", args=[made.public_id])).content.decode()


def test_the_texts_of_the_scripts_come_with_the_page(rating):
    assert "&quot;Saved&quot;: &quot;已保存&quot;" in rating()
    english = Client()
    english.post(invitation_path(Study.objects.get()))
    assert 'data-texts="{}"' in english.get(reverse("rate", args=[Study.objects.get().public_id])).content.decode()
