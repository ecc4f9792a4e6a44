import uuid

import pytest
from django.urls import reverse

from annotations.models import Annotator, Assignment, Judgement, Remark
from tests.factories import make_study
from tests.people import researcher

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def study():
    return make_study(systems=2, documents=2, quota=1, status="draft", criteria=("overall", "fluency"))


def answer(client, study, **fields):
    headers = {"Accept": "application/json"}
    return client.post(reverse("preview-answer", args=[study.slug]), fields, headers=headers).json()["complete"]


def test_the_preview_goes_through_the_pairs_and_stores_nothing(study):
    client, url = researcher(), reverse("preview", args=[study.slug])
    seen = []
    for _ in range(3):
        page = client.get(url)
        assert "A preview: nothing you answer here is stored." in page.content.decode()
        seen.append({page.context["page"].left, page.context["page"].right})
        assert not answer(client, study, criterion="overall", choice="left", client_key=uuid.uuid4())
        assert answer(client, study, criterion="fluency", choice="tie", client_key=uuid.uuid4())
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]
    for model in (Annotator, Assignment, Judgement, Remark):
        assert not model.objects.exists()
    assert not study.comparisons.filter(taken__gt=0).exists()


def test_a_pair_is_skipped_and_nothing_is_fetched_ahead(study):
    client = researcher()
    assert answer(client, study, kind="skip", reason="other")
    assert client.get(reverse("preview-answer", args=[study.slug])).status_code == 204


def test_the_fragment_is_one_pair(study):
    client = researcher()
    page = client.get(reverse("preview", args=[study.slug]), headers={"X-Fragment": "1"}).content.decode()
    assert page.count("data-pair") == 1
    assert "<html" not in page


def test_a_study_without_pairs_says_so():
    empty = make_study(systems=2, documents=0)
    page = researcher().get(reverse("preview", args=[empty.slug]))
    assert "Nothing to preview yet" in page.content.decode()
