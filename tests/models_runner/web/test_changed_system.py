"""Changing a stored system in the browser: all of it at first, later what summaries do not depend on."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from models_runner.datasets.changes import KeptError
from models_runner.models import FineTuning, System, Trial
from models_runner.systems import catalog, changes
from tests.factories import DatasetFactory, RunFactory, SummaryFactory, SystemFactory
from tests.models_runner.web.new_system import post, values_of
from tests.people import annotator, researcher, stranger

pytestmark = pytest.mark.django_db
ADDRESS = "/systems/far/change/"
LEASE = {"owner": "a", "lease_until": datetime(2026, 1, 1, tzinfo=UTC)}
OF_STATUS = {
    "done": {},
    "pending": {"status": "pending", "text": ""},
    "running": {"status": "running", "text": "", **LEASE},
    "failed": {"status": "failed", "text": "", "failure_reason": "The endpoint did not answer."},
    "cancelled": {"status": "cancelled", "text": ""},
}


@pytest.fixture
def far():
    post("create", price_input="2", about="Ours.")
    return System.objects.get(slug="far")


def opened(client=None, address=ADDRESS):
    """What a browser sends back of the page unchanged: the fields, and what the page showed in them."""
    form = (client or researcher()).get(address).context["form"]
    shown = {f"initial-{name}": form[name].value() or "" for name in form.fields}
    return shown | values_of(form)


def test_it_is_for_researchers(far):
    assert stranger().get(ADDRESS).status_code == 302
    assert annotator().get(ADDRESS).status_code == 403
    assert annotator().post(ADDRESS, {"name": "Mine"}).status_code == 403
    assert researcher().get("/systems/nobody/change/").status_code == 404


def test_a_mistyped_address_is_mended_before_anything_is_made(far):
    client = researcher()
    assert f'href="{ADDRESS}"' in client.get("/systems/far/").content.decode()
    answer = client.post(ADDRESS, opened() | {"engine_base_url": "http://127.0.0.1:8/v1", "price_input": ""})
    assert answer["Location"] == "/systems/far/"
    changed = System.objects.get(slug="far")
    assert changed.engine["base_url"] == "http://127.0.0.1:8/v1"
    assert (changed.pk, changed.price, changed.about) == (far.pk, {}, "Ours.")


@pytest.mark.parametrize("slug", ["far", "lead", "child"])
def test_what_is_saved_as_it_was_shown_stays_as_it_was(far, slug):
    SystemFactory(slug="lead", adapter="extractive", engine={"method": "lead"})
    SystemFactory(slug="child", adapter="transformers", model_id="/weights", base=far)
    before = changes.record_of(System.objects.get(slug=slug))
    client, address = researcher(), f"/systems/{slug}/change/"
    client.post(address, opened(client, address))
    after = changes.record_of(System.objects.get(slug=slug))
    assert after == before


@pytest.mark.parametrize("status", ["pending", "running", "done"])
def test_what_summaries_depend_on_stays_once_there_are_some(far, status):
    run = RunFactory(system=far)
    SummaryFactory(run=run, **OF_STATUS[status])
    client = researcher()
    page = client.get(ADDRESS)
    assert set(page.context["form"].fields) == {
        "name", "base", "licence", "about",
        "price_input", "price_output", "price_hour", "price_batch",
    }  # fmt: skip
    assert ("Its page" in page.content.decode()) == (status != "done")
    client.post(ADDRESS, opened() | {"price_output": "6", "name": "Far off"})
    changed = System.objects.get(slug="far")
    assert (changed.name, changed.price) == ("Far off", {"input": 2, "output": 6})
    assert changed.spec() == far.spec()
    changed.model_id = "other"
    with pytest.raises(ValidationError, match="a run writes them"):
        changed.save()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_run_that_made_nothing_fixes_nothing(far, status):
    SummaryFactory(run=RunFactory(system=far), **OF_STATUS[status])
    assert "engine_base_url" in researcher().get(ADDRESS).context["form"].fields


@pytest.mark.parametrize("use", ["base of weights", "base of a job", "result of a job"])
def test_what_weights_were_made_from_stays(far, use):
    if use == "base of weights":
        SystemFactory(slug="child", base=far)
    elif use == "base of a job":
        FineTuning.objects.create(name="tuned", base=far, dataset=DatasetFactory())
    else:
        FineTuning.objects.create(name="tuned", base=SystemFactory(), system=far, dataset=DatasetFactory())
    assert "model_id" not in researcher().get(ADDRESS).context["form"].fields


def test_a_system_of_the_catalogue_is_duplicated_instead():
    for stored in (False, True):
        if stored:
            catalog.ensure_system("lead-3")
        client = researcher()
        assert "/change/" not in client.get("/systems/lead-3/").content.decode()
        assert client.get("/systems/lead-3/change/")["Location"] == "/systems/lead-3/"
        client.post("/systems/lead-3/change/", {"name": "Mine"})
    assert System.objects.get(slug="lead-3").name == catalog.entries()["lead-3"]["name"]


def test_what_became_fixed_while_the_page_was_open_is_told(far):
    data = opened() | {"name": "Far off", "engine_base_url": "http://127.0.0.1:8/v1"}
    SummaryFactory(run=RunFactory(system=far))
    page = researcher().post(ADDRESS, data)
    assert "“Address” cannot change any more. Summaries were made with this record." in page.content.decode()
    assert System.objects.get(slug="far").name == "Far away"
    # Sent again from the page as it is now, what can change does.
    researcher().post(ADDRESS, opened() | {"name": "Far off"})
    assert System.objects.get(slug="far").name == "Far off"


def test_two_who_change_different_fields_both_do(far):
    first = opened() | {"licence": "MIT", "engine_concurrency": "8"}
    second = opened() | {"price_input": "5", "about": ""}
    for data in (first, second):
        assert researcher().post(ADDRESS, data).status_code == 302
    changed = System.objects.get(slug="far")
    assert (changed.licence, changed.engine["concurrency"], changed.price, changed.about) == (
        "MIT",
        8,
        {"input": 5},
        "",
    )


def test_what_somebody_else_changed_is_shown_before_it_is_overwritten(far):
    first, second = opened() | {"about": "Theirs."}, opened() | {"about": "Mine.", "price_input": "5"}
    client = researcher()
    client.post(ADDRESS, first)
    page = client.post(ADDRESS, second)
    [error] = page.context["form"].errors["about"]
    assert error == "Somebody else changed this meanwhile to “Theirs.”. Save again to put yours in its place."
    assert System.objects.get(slug="far").about == "Theirs."
    again = {name: page.context["form"].data[name] for name in page.context["form"].data}
    assert client.post(ADDRESS, again).status_code == 302
    changed = System.objects.get(slug="far")
    assert (changed.about, changed.price) == ("Mine.", {"input": 5})


def test_a_change_is_tried_before_it_is_stored(far, monkeypatch):
    sent = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: sent.append(task))
    data = opened() | {"engine_base_url": "http://127.0.0.1:8/v1", "do": "connection"}
    part = researcher().post(ADDRESS, data, headers={"HX-Request": "true"}).content.decode()
    trial = Trial.objects.get()
    assert trial.record["engine"]["base_url"] == "http://127.0.0.1:8/v1"
    assert f'hx-get="/new-system/trials/{trial.pk}/"' in part
    assert System.objects.get(slug="far").engine["base_url"] == "http://127.0.0.1:9/v1"
    assert researcher().post(ADDRESS, opened() | {"do": "explode"}).status_code == 400


def test_a_system_is_not_made_from_itself(far):
    SystemFactory(slug="grandchild", base=SystemFactory(slug="child", base=far))
    for base in ("far", "child", "grandchild"):
        page = researcher().post(ADDRESS, opened() | {"base": base})
        assert "is this system, or was made from it" in str(page.context["form"].errors["base"])
    assert System.objects.get(slug="far").base is None


def test_what_is_wrong_is_marked_and_nothing_is_stored(far):
    data = opened() | {"engine_base_url": "ftp://127.0.0.1/", "name": "Other"}
    page = researcher().post(ADDRESS, data)
    assert page.context["form"].errors["engine_base_url"]
    assert System.objects.get(slug="far").name == "Far away"


def test_a_record_that_changes_or_becomes_fixed_in_between_is_kept(far):
    seen = changes.record_of(far)
    System.objects.filter(pk=far.pk).update(licence="MIT")
    with pytest.raises(changes.ChangedMeanwhileError):
        changes.change_system(far, {"about": "Mine"}, seen=seen)
    SummaryFactory(run=RunFactory(system=far))
    with pytest.raises(KeptError, match="Summaries were made"):
        changes.change_system(far, {"model_id": "other"}, seen=seen | {"licence": "MIT"})
    assert System.objects.get(slug="far").about == "Ours."
