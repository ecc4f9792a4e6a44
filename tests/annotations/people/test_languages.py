"""Languages that annotators read: they are given documents in these alone, and researchers see what is left over."""

import random
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, Study
from annotations.people.invitations import invite
from annotations.people.joining import join
from annotations.people.languages import choose_languages
from annotations.people.links import invitation_path, single_path
from annotations.people.privacy import erase, own_data
from annotations.quality.exclusion import exclude
from annotations.rating import queries
from annotations.rating.assignment import has_work, next_assignment, prefetch
from annotations.rating.page import rating_page, rating_progress
from annotations.rating.queries import available_to
from annotations.review.remaining import pairs_left
from annotations.studies.languages import asks_for_languages, readable_codes, readers_of, study_languages
from models_runner.models import Document
from tests.annotations.helpers import make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db

CODES = ("en", "zh-Hans", "zh_TW", "de", "und", "")


@pytest.fixture
def study():
    """Six documents, three pairs each; Chinese is written in two ways, and of two documents nobody knows the language."""
    made = make_study(systems=3, documents=6, quota=2)
    set_languages(made, CODES)
    return made


def set_languages(study, codes):
    for document, code in zip(Document.objects.filter(dataset=study.dataset).order_by("pk"), codes, strict=True):
        Document.objects.filter(pk=document.pk).update(language=code)


def reader(study, *codes):
    annotator = AnnotatorFactory(study=study)
    choose_languages(annotator, codes)
    return annotator


def languages_given(annotator):
    return {one.comparison.document.language for one in rate_everything(annotator)}


def test_the_studys_languages_are_bare_and_named_in_themselves(study):
    assert [(one.code, one.name, one.documents) for one in study_languages(study)] == [
        ("de", "Deutsch", 1),
        ("en", "English", 1),
        ("zh", "中文", 2),
    ]


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (["en"], {"en", "und", ""}),
        (["zh"], {"zh-Hans", "zh_TW", "und", ""}),
        (["de", "en", "zh"], set(CODES)),
        ([], set(CODES)),
        (["fr"], {"und", ""}),
    ],
)
def test_people_are_given_what_they_read_and_what_nobody_knows(study, read, given):
    annotator = reader(study, *read)
    total = rating_progress(annotator).total
    assert has_work(annotator)
    assert pairs_left(study, [annotator]) == {annotator.pk: 3 * len(given)}
    assert languages_given(annotator) == given
    assert total == rating_progress(annotator).done == 3 * len(given)
    assert not has_work(annotator)
    assert pairs_left(study, [annotator]) == {annotator.pk: 0}


def test_a_language_that_no_document_has_leaves_nothing(study):
    Document.objects.update(language="en")
    annotator = reader(study, "fr")
    assert next_assignment(annotator) is None
    assert (rating_progress(annotator).total, has_work(annotator)) == (0, False)


@pytest.mark.parametrize("sampling", ["even", "question", "adaptive"])
def test_the_statement_by_hand_says_what_the_queryset_says(study, sampling):
    Study.objects.update(sampling=sampling)
    people = [reader(study, *codes) for codes in (["en"], ["zh"], ["de", "zh"], ["fr"], [])]
    rng, seen = random.Random(3), set()
    for _ in range(20):
        assignment = next_assignment(rng.choice(people))
        if assignment is not None and rng.random() < 0.7:
            vote_on(assignment, "left")
        for annotator in people:
            listed = available_to(annotator).order_by("place", "document", "shuffle")
            listed = list(listed.values_list("pk", flat=True))
            middle = queries.DocumentPlace(0, Document.objects.order_by("pk")[3].pk)
            found = queries.available_before(annotator, middle, 100) + queries.available_from(annotator, middle, 100)
            assert [row.pk for row in found] == listed
            assert queries.count_work(annotator, 100).left == len(listed)
            seen.add(len(listed))
    assert len(seen) > 5


def test_quotas_hold_and_sides_stay_balanced(study):
    for codes in (["en"], ["zh"], ["zh", "en"], ["de"], ["de", "en", "zh"], []):
        rate_everything(reader(study, *codes))
    assert not study.comparisons.exclude(taken=2).exists()
    for comparison in study.comparisons.all():
        assert sorted(comparison.assignments.values_list("shown_left", flat=True)) == ["a", "b"]


def test_control_items_are_of_readable_documents_too(study):
    Study.objects.update(gold_every=2)
    pairs = {one.document.language: one for one in study.comparisons.order_by("-pk")}
    for code, purpose in (("de", "training"), ("zh-Hans", "training"), ("de", "gold"), ("zh_TW", "gold")):
        pair = study.comparisons.for_rating().filter(document=pairs[code].document).first()
        make_gold(pair, purpose=purpose)
    study.refresh_from_db()
    annotator = reader(study, "zh")
    first = rating_page(next_assignment(annotator))
    assert (first.practice, first.done, first.total) == (True, 0, 1)
    total = rating_progress(annotator).total
    given = rate_everything(annotator)
    purposes = [one.comparison.purpose for one in given]
    assert (purposes.count("training"), purposes.count("gold")) == (1, 1)
    assert {one.comparison.document.language for one in given} == {"zh-Hans", "zh_TW", "und", ""}
    assert total == len(given) - 1


def test_a_change_gives_back_what_is_no_longer_read_and_keeps_what_was_rated(study):
    annotator = reader(study, "de")
    Document.objects.filter(language__in=["und", ""]).update(language="en")
    vote_on(next_assignment(annotator), "left")
    shown = next_assignment(annotator)
    ahead = prefetch(annotator, shown.token)
    choose_languages(annotator, ["en"])
    assert not Assignment.objects.filter(state="leased").exists()
    assert set(Assignment.objects.filter(pk__in=[shown.pk, ahead.pk]).values_list("state", flat=True)) == {"expired"}
    assert languages_given(annotator) == {"en"}
    choose_languages(annotator, ["de", "en"])
    assert {one.pk for one in rate_everything(annotator)} == {shown.pk, ahead.pk}
    assert study.comparisons.filter(document__language="de", taken=1).count() == 3


def test_a_pair_taken_while_the_languages_changed_is_not_shown_again(study):
    """Another request had read the old languages, and took its pair after the change."""
    annotator = reader(study, "en")
    late = reader(study, "de")
    Document.objects.filter(language__in=["und", ""]).update(language="en")
    taken = next_assignment(late)
    Assignment.objects.filter(pk=taken.pk).update(annotator=annotator)
    assert next_assignment(annotator).comparison.document.language == "en"
    taken.refresh_from_db()
    assert taken.state == "expired"


def test_who_joined_before_the_question_reads_everything(study):
    annotator = join(study)
    assert (annotator.reads, readable_codes(annotator)) == ("", None)


# ---- on pages


def invitation(study, language="en"):
    client = Client(headers={"accept-language": language})
    return client, invitation_path(study)


def test_the_invitation_asks_and_begins_with_the_browsers_languages(study):
    client, path = invitation(study, "zh-CN,zh;q=0.9,fr;q=0.5")
    html = client.get(path).content.decode()
    boxes = re.findall(r'name="languages" value="(\w+)"( checked)?', html)
    assert boxes == [("de", ""), ("en", ""), ("zh", " checked")]
    assert "这里按所有语言计算；您只会拿到您会读的语言。" in html


def test_nobody_joins_without_a_language(study):
    client, path = invitation(study)
    answer = client.post(path)
    assert (answer.status_code, study.annotators.count()) == (400, 0)
    assert "Choose at least one language." in answer.content.decode()
    assert client.post(path, {"languages": ["tlh"]}).status_code == 400
    assert client.post(path, {"languages": ["zh", "en"]}).status_code == 302
    assert study.annotators.get().languages == ["en", "zh"]


def test_one_language_is_no_question():
    study = make_study(systems=2, documents=2)
    set_languages(study, ["en", ""])
    assert not asks_for_languages(study)
    client, path = invitation(study)
    assert "That counts all languages" not in client.get(path).content.decode()
    assert "Languages I read" not in client.get(path).content.decode()
    assert client.post(path).status_code == 302
    assert study.annotators.get().reads == ""


def test_who_comes_back_in_another_browser_is_not_asked_again(study):
    (invited,) = invite(study, "external", None, id_parameter="PROLIFIC_PID")
    path = f"{single_path(invited)}?PROLIFIC_PID=5f1e"
    assert Client().post(path, {"languages": ["en"]}).status_code == 302
    other = Client()
    assert "Languages I read" not in other.get(path).content.decode()
    assert other.post(path).status_code == 302
    user = UserFactory()
    for said in ({"languages": ["de"]}, {}):
        client = Client()
        client.force_login(user)
        assert client.post(invitation_path(study), said).status_code == 302
    assert sorted(study.annotators.values_list("reads", flat=True)) == ["de", "en"]


def test_the_choice_is_changed_on_ones_own_page(study):
    client, path = invitation(study)
    client.post(path, {"languages": ["en"]})
    url = reverse("languages-read", args=[study.public_id])
    assert url in client.get(reverse("rate", args=[study.public_id])).content.decode()
    assert re.findall(r'value="(\w+)" checked', client.get(url).content.decode()) == ["en"]
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"languages": ["de"]}).status_code == 302
    annotator = study.annotators.get()
    assert annotator.reads == "de"
    assert own_data(annotator)["languages"] == ["de"]
    erase(annotator)
    annotator.refresh_from_db()
    assert annotator.reads == ""


def test_who_has_nothing_left_is_told_of_other_languages(study):
    client, path = invitation(study)
    client.post(path, {"languages": ["en"]})
    rate_everything(study.annotators.get())
    html = client.get(reverse("rate", args=[study.public_id])).content.decode()
    assert "There may be pairs in other languages." in html


# ---- for researchers


def rows(study):
    return {one.language.code if one.language else "": (one.readers, one.stranded) for one in readers_of(study)}


def test_researchers_see_readers_and_documents_without_one(study):
    assert rows(study) == {"de": (0, 1), "en": (0, 1), "zh": (0, 2), "": (0, 2)}
    everything, chinese = reader(study), reader(study, "zh")
    assert rows(study) == {"de": (1, 0), "en": (1, 0), "zh": (2, 0), "": (2, 0)}
    rate_everything(everything)
    assert rows(study) == {"de": (1, 1), "en": (1, 1), "zh": (2, 0), "": (2, 0)}
    exclude(chinese, "Too fast.", None)
    assert rows(study) == {"de": (1, 1), "en": (1, 1), "zh": (1, 2), "": (1, 2)}
    everything.left_at = timezone.now()
    everything.save()
    assert rows(study)["en"] == (0, 1)
    study.comparisons.update(taken=2)
    assert rows(study)["en"] == (0, 0)


def test_the_studys_page_shows_them(study):
    html = researcher().get(study.get_absolute_url()).content.decode()
    assert "Without a reader" in html
    assert "中文" in html
    Document.objects.update(language="en")
    assert "Without a reader" not in researcher().get(study.get_absolute_url()).content.decode()
