"""A form of a new study makes one study, however often and from wherever it is sent."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import Study
from tests.accounts.helpers import at_once
from tests.annotations.studies.test_setup import asked_for
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory
from tests.people import researcher, with_role

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = reverse("new-study")


@pytest.fixture
def form():
    """Return a filled-in form with the key that its page gave it."""
    dataset = DatasetFactory(name="meetings")
    document = DocumentFactory(dataset=dataset)
    runs = [RunFactory(dataset=dataset) for _ in range(2)]
    for run in runs:
        SummaryFactory(run=run, document=document)
    key = researcher().get(PAGE).context["form"]["form_key"].value()
    return asked_for(dataset, [run.system for run in runs], slug="") | {"form_key": str(key)}


def test_a_second_press_leads_to_the_study_that_exists(form):
    first, second = (researcher().post(PAGE, form, follow=True) for _ in range(2))
    assert first.redirect_chain == second.redirect_chain == [(Study.objects.get().get_absolute_url(), 302)]
    assert "This form had made its study before" in second.content.decode()
    assert "This form had made its study before" not in first.content.decode()


def test_two_tabs_at_the_same_moment_make_one_study(form):
    clients = [researcher() for _ in range(4)]
    answers = at_once(*[lambda client=client: client.post(PAGE, form) for client in clients])
    study = Study.objects.get()
    assert [answer["Location"] for answer in answers] == [study.get_absolute_url()] * 4
    assert study.audit_entries.count() == 1


def other_form():
    return {"form_key": str(researcher().get(PAGE).context["form"]["form_key"].value())}


def test_the_same_study_from_another_form_is_asked_about_first(form):
    researcher().post(PAGE, form)
    answer = researcher().post(PAGE, form | other_form())
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f'<a href="{Study.objects.get().get_absolute_url()}">' in page
    assert '<button name="again" value="open">' in page


def test_a_second_one_is_made_by_whoever_wants_it(form):
    researcher().post(PAGE, form)
    answer = researcher().post(PAGE, form | other_form() | {"draft": "1"})
    again = answer.content.decode().partition('name="again" value="')[2].partition('"')[0]
    researcher().post(PAGE, form | other_form() | {"again": again})
    researcher().post(PAGE, form | other_form() | {"again": "open"})
    assert dict(Study.objects.values_list("slug", "status")) == {"t": "open", "t-2": "draft", "t-3": "open"}


@pytest.mark.parametrize("changes", [{"title": "T2"}, {"instruction": "long"}])
def test_another_study_from_another_form_is_made_at_once(form, changes):
    researcher().post(PAGE, form)
    assert researcher().post(PAGE, form | other_form() | changes).status_code == 302
    assert Study.objects.count() == 2


def test_the_same_study_on_another_day_is_made_at_once(form):
    researcher().post(PAGE, form)
    Study.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert researcher().post(PAGE, form | other_form()).status_code == 302


def test_somebody_elses_form_of_this_key_is_another_one(form):
    researcher().post(PAGE, form)
    answer = with_role("researcher").post(PAGE, form)
    assert answer["Location"] == reverse("study", args=["t-2"])


def test_a_form_with_an_error_keeps_its_key(form):
    page = researcher().post(PAGE, form | {"quota": "many"})
    assert page.status_code == 400
    assert f'value="{form["form_key"]}"' in page.content.decode()


def test_a_damaged_key_is_told(form):
    answer = researcher().post(PAGE, form | {"form_key": f"{uuid.uuid4()}x"})
    assert answer.status_code == 400
    assert "The key of this form is damaged" in answer.content.decode()
    assert not Study.objects.exists()
