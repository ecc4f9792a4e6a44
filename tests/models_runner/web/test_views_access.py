import pytest
from django.urls import reverse

from models_runner.models import Run
from tests.factories import SummaryFactory
from tests.people import annotator, researcher, stranger

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = ["datasets", "dataset", "document", "systems", "system", "runs", "run", "summary"]
BUTTONS = ["run_cancel", "run_first", "run_resume", "run_retry"]


@pytest.fixture
def addresses():
    summary = SummaryFactory()
    args = {
        "dataset": [summary.run.dataset.name],
        "document": [summary.document.pk],
        "system": [summary.run.system.slug],
        "run": [summary.run.pk],
        "summary": [summary.pk],
    }
    return {name: reverse(name, args=args.get(name.split("_")[0], [])) for name in PAGES + BUTTONS}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_researchers_only(addresses, page):
    assert researcher().get(addresses[page]).status_code == 200
    assert annotator().get(addresses[page]).status_code == 403
    response = stranger().get(addresses[page])
    assert (response.status_code, response["Location"]) == (302, f"{reverse('login')}?next={addresses[page]}")


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_works_for_researchers_only_and_only_by_post(addresses, button):
    assert researcher().get(addresses[button]).status_code == 405
    assert annotator().post(addresses[button]).status_code == 403
    assert stranger().post(addresses[button])["Location"] == f"{reverse('login')}?next=/"
    assert Run.objects.get().status == Run.Status.PENDING


@pytest.mark.parametrize("address", ["/datasets/none/", "/documents/999/", "/systems/none/", "/runs/999/"])
def test_what_does_not_exist_is_404_for_researchers_and_refused_to_others(address):
    assert researcher().get(address).status_code == 404
    assert annotator().get(address).status_code == 403


def test_a_polling_page_reloads_itself_when_the_session_has_ended(addresses):
    response = stranger().get(addresses["run"], headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert response.content == b""
