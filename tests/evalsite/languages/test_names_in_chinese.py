"""Names stay as they are written, though each be a text of ours: whatever two words or more the catalogue translates.

The studies, questions, meetings and people here are named like texts of the catalogue, all of them in turn.
"""

import random
import re
from functools import partial

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from annotations.models import AuditEntry, Criterion, PersonalQuestion, Study
from annotations.studies.criteria import LIBRARY
from annotations.web.forms.joining import PersonalForm
from evalsite.templatetags.translated import from_library
from lib.text import translated as module
from lib.text.translated import PLACE, THEIRS, translated, verbatim
from models_runner.models import Query
from tests.factories import CriterionFactory, UserFactory, make_study
from tests.people import administrator
from tools.messages import ROOT
from tools.said import shown_texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHINESE = {"accept-language": "zh-CN"}
LIBRARY_TEXTS = {text for texts in LIBRARY.values() for text in texts}


def texts_of_ours(longest=200):
    """Every text of two words or more that the catalogue translates."""
    texts = module._catalogue("zh-hans")[0]
    return sorted(
        {text for text in texts if " " in text and len(text) <= longest and "\n" not in text and "<" not in text}
    )


def sample(number, longest=60):
    return random.Random(7).sample(texts_of_ours(longest), number)


def page(address, **query):
    answer = administrator().get(
        f"{address}{'?' + '&'.join(f'{k}={v}' for k, v in query.items()) if query else ''}", headers=CHINESE
    )
    assert answer.status_code == 200
    return answer.content.decode()


def lacking(texts, html):
    pieces = {piece.strip() for piece in re.split("[<>]", html)}  # where most are, found at once
    return [text for text in texts if escape(text) not in pieces and escape(text) not in html and text not in html]


@pytest.fixture(autouse=True)
def _english_between():
    with translation.override("en"):
        yield


def test_there_are_such_texts():
    assert len(texts_of_ours()) > 1_000
    assert "new study" in texts_of_ours() or "New study" in texts_of_ours()


def test_studies_named_like_any_text_are_listed_by_their_names(monkeypatch):
    monkeypatch.setattr("annotations.web.views.studies.STUDIES_A_PAGE", 1000)
    texts, study = texts_of_ours(), make_study(systems=2, documents=1)
    Study.objects.bulk_create(
        Study(slug=f"s{number}", title=text, dataset=study.dataset) for number, text in enumerate(texts)
    )
    pages = range(1, (len(texts) + 1) // 1000 + 2)
    html = "".join(page(reverse("studies"), page=number) for number in pages)
    assert lacking(texts, html) == []


def test_the_history_holds_what_was_stored():
    """Titles, guidelines, headings and reasons before and after; names of files and people."""
    texts, study = texts_of_ours(150), make_study(systems=2, documents=1)
    of_settings = [("title", "setting"), ("guidelines", "setting"), ("x.csv", "import"), ("annotator-001", "annotator")]
    AuditEntry.objects.bulk_create(
        AuditEntry(
            study=study,
            actor="maya",
            action=action,
            subject=subject,
            before=texts[number - 1],
            after=f"excluded: {text}" if action == "annotator" else text,
        )
        for number, text in enumerate(texts)
        for subject, action in [of_settings[number % 4]]
        if action != "import"
    )
    entries = AuditEntry.objects.filter(study=study).count()
    html = "".join(page(reverse("study-history", args=[study.slug]), page=n) for n in range(1, entries // 100 + 2))
    stored = {entry.before for entry in AuditEntry.objects.all()} | {
        str(entry.after).removeprefix("excluded: ") for entry in AuditEntry.objects.all()
    }
    assert lacking(sorted(stored), html) == []


# A question of the library is shown in Chinese, whoever asks it.
@pytest.mark.parametrize("text", [text for text in sample(14) if text not in LIBRARY_TEXTS][:12])
def test_one_name_is_the_same_on_every_page(text):
    """A study, its heading, its question and help, a meeting, its split and query, an account's name: all the same text."""
    study = make_study(systems=2, documents=1, title=text, annotator_title=text)
    document = study.dataset.documents.get()
    document.title = document.split = text[:50]
    type(document).objects.filter(pk=document.pk).update(title=text[:50], split=text[:50], external_id=text[:50])
    Query.objects.create(document=document, position=0, text=text)
    CriterionFactory(study=study, key="own", question=text, help_text=text, position=5)
    PersonalQuestion.objects.create(study=study, kind="text", text=text, position=0, moment="before")
    study.memberships.create(user=UserFactory(first_name=text), role="owner")
    shown = {
        "study": 2, "study-settings": 1, "study-people": 1, "study-asking": 1, "preview": 1, "study-protocol": 1,
        "report": 1, "board": 1, "exports": 1, "study-releases": 1, "make-gold": 1,
    }  # fmt: skip
    for name, least in shown.items():
        args = [study.slug, study.comparisons.first().pk] if name == "make-gold" else [study.slug]
        html = page(reverse(name, args=args))
        assert html.count(escape(text)) >= least, name
    for address in (document.get_absolute_url(), study.dataset.get_absolute_url()):
        assert escape(text[:50]) in page(address)


def test_questions_of_ones_own_are_never_translated():
    texts = texts_of_ours(150)
    with translation.override("zh-hans"):
        own = [text for text in texts if text not in LIBRARY_TEXTS]
        assert [text for text in own if from_library(text) != text] == []
        assert {from_library(text) for text in LIBRARY_TEXTS} & LIBRARY_TEXTS == set()
        for text in sample(40):
            questions = [PersonalQuestion(kind="choice", text=text, options=[text, "Other"])]
            shown = render_to_string(
                "annotations/_personal_questions.html", {"questions": PersonalForm(questions=questions)}
            )
            assert f"<legend>{escape(text)}</legend>" in shown
            assert f"> {escape(text)}</label>" in shown


# What is whose cannot be told where two places have a space or nothing between, and where a text begins with a name,
# which may be the beginning of another text: pages mark these by verbatim(). Settings and packages are nobody's names.
NOT_TOLD = re.compile(r"\)s ?%\(|^%\(|^engine\.|^pip install")
# What these places hold has no spaces.
SLUGS = {"slug", "system", "against", "base", "dataset", "username", "job", "run", "key", "field", "column"}
# Between texts and values; a name with one of these is passed on by verbatim() where it matters.
BETWEEN = re.compile(r"[:;,.!?](?: |$)| and | is |%s|[()]")


def ends_later(pattern, name):
    """Whether none of the words that end the pattern's places stand in the name itself."""
    return not any(words.strip() in name for words in re.split(r"%\(\w+\)s", pattern)[1:] if words.strip())


def test_names_in_messages_stay():
    """In every text of ours with a place for somebody's words, texts of ours in that place stay."""
    patterns = sorted({text for _, text in shown_texts(ROOT) if "%(" in text and not NOT_TOLD.search(text)})
    draw, wrong = random.Random(3), []
    with translation.override("zh-hans"):
        # What is read as another text with any word before it is passed on by verbatim() where it matters, too.
        alone = [text for text in texts_of_ours(60) if not BETWEEN.search(text)]
        names = [text for text in alone if text in translated(f"x1 {text}")]
        assert len(names) > 500
        for pattern in patterns:
            for place in [name for name in PLACE.findall(pattern) if name.rstrip("23456789") in THEIRS - SLUGS]:
                for name in filter(partial(ends_later, pattern), draw.sample(names, 5)):
                    values = {place: name}
                    english = PLACE.sub(lambda found, values=values: values.get(found[1], "x1"), pattern)
                    if name not in translated(english):
                        wrong.append((pattern, place, name))
    assert wrong == []


def test_marked_words_stay_wherever_they_stand():
    with translation.override("zh-hans"):
        for text in texts_of_ours():
            said = translated(f"The dataset {verbatim(text)} is deleted.")
            assert text in said
            assert said.startswith("数据集")
            assert translated(verbatim(text)) == text
            assert translated(f"{verbatim(text)} is {verbatim(text)} now.").count(text) == 2
    with translation.override("en"):
        assert translated(f"{verbatim('New study')} is x now.") == "New study is x now."


def test_a_question_named_like_a_text_is_on_the_form_of_gold_and_exports():
    study = make_study(systems=2, documents=1)
    Criterion.objects.filter(study=study).update(question="New study")
    for name in ("study-gold", "exports"):
        assert "New study" in page(reverse(name, args=[study.slug]))
