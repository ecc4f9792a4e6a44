"""A person who rates sees no text of the study but on the pages of rating, whatever their role is on the site.

Every address of the table of rights and every operation of the API is asked; a new one is in these tables by itself.
"""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from annotations.models import Study
from annotations.people.joining import join
from annotations.rating.leases import leave
from models_runner.models import Document, Reference, Run, Score, Summary, Trial
from models_runner.models.scores import MetricSignature
from models_runner.web import blinding
from tests.addresses import TABLE
from tests.api.helpers import program
from tests.factories import DatasetFactory, DocumentFactory, make_study
from tests.rights import JOINED, SITE_ROLES
from tests.test_permissions import made, world  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TEXT = "zqtext"
# Changes the language, ends the session, or leaves the study and so opens everything.
WITH_TEXTS = {"document", "run", "summary", "system", "trial", "compare-summaries", "new-study-live"}
NOT_WALKED = ("logout", "set-language", "leave-study", "stop-rating")


def mark_texts():
    """Give every summary and reference a text that no page holds by chance."""
    for summary in Summary.objects.all():
        Summary.objects.filter(pk=summary.pk).update(
            text=f"{TEXT} {summary.pk} was agreed.", thoughts=f"{TEXT} thought"
        )
        MetricSignature.objects.get_or_create(metric="words", text="words|x")
        signature = MetricSignature.objects.get(metric="words")
        Score.objects.get_or_create(summary=summary, signature=signature, name="words", value=987654.0)
    for document in Document.objects.all():
        Reference.objects.get_or_create(document=document, defaults={"text": f"{TEXT} reference"})


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def walked(world, client, among=TABLE):  # noqa: F811
    """The names of addresses whose answer to this browser holds a text; those of rating left out."""
    found = set()
    for name, (method, roles) in TABLE.items():
        if roles == JOINED or name in NOT_WALKED or name not in among:
            continue
        answer = getattr(client, method.lower())(reverse(name, args=world.args[name]), world.data.get(name, {}))
        if TEXT.encode() in body_of(answer):
            found.add(name)
        # What one address has changed must not close the next.
        Study.objects.update(status="open")
    return found


@pytest.fixture
def marked(world):  # noqa: F811
    mark_texts()
    document = Document.objects.order_by("pk").first()
    figures = {"prompt_tokens": 1, "output_tokens": 1, "dropped_tokens": 0, "seconds": 1.0, "peak_memory_bytes": 1}
    result = {"text": f"{TEXT} of a trial", "stop_reason": "end", "calls": [], "dollars": 0.0} | figures
    trial = Trial.objects.create(
        kind="document",
        instruction="short",
        record={"slug": "tried"},
        created_by="x",
        document=document,
        status="done",
        result=result,
    )
    world.args["trial"] = [trial.pk]
    world.data["new-study-live"] = {
        "dataset": document.dataset.name,
        "systems": [system.slug for system in Study.objects.get(slug=world.args["study"][0]).systems.all()],
        "instruction": "medium",
        "title": "New",
    }
    return world


def rate_as(role):
    """Let the person with this role on the site join the study; return who they are in it."""
    return join(Study.objects.get(slug=site_study()), user=user_of(role))


def site_study():
    return Study.objects.exclude(slug="other").earliest("pk").slug


def user_of(role):
    users = get_user_model().objects.order_by("pk")
    if role == "administrator":
        return users.filter(is_superuser=True).first()
    return users.filter(account__role=SITE_ROLES[role], is_superuser=False).first()


@pytest.mark.parametrize("role", ["modeller", "lead", "administrator"])
def test_no_address_shows_a_text_to_who_rates_it(marked, role):
    client = marked.clients[role]
    assert walked(marked, client, among=WITH_TEXTS) == WITH_TEXTS
    annotator = rate_as(role)
    assert walked(marked, client) == set()
    leave(annotator)
    assert walked(marked, client, among=("document", "run", "summary", "compare-summaries")) == {
        "document", "run", "summary", "compare-summaries",
    }  # fmt: skip


def test_the_walk_catches_a_page_that_forgets_the_rule(marked, monkeypatch):
    monkeypatch.setattr(blinding, "_rules", [])
    rate_as("modeller")
    caught = walked(marked, marked.clients["modeller"], among=WITH_TEXTS)
    assert caught >= WITH_TEXTS - {"new-study-live"}


def test_another_study_of_the_same_meetings_is_closed_as_well(marked):
    """Its pages would show the same texts with their systems."""
    rated = Study.objects.get(slug=site_study())
    other = Study.objects.create(slug="twin", title="twin", dataset=rated.dataset, status="open")
    client = marked.clients["lead"]
    assert client.get(reverse("study-pairs", args=[other.slug])).status_code == 200
    rate_as("lead")
    for name in ("study-pairs", "board", "study-quality", "disagreements", "preview"):
        assert client.get(reverse(name, args=[other.slug])).status_code == 403


def test_the_pages_say_why_and_how_to_stop(marked):
    client, summary = marked.clients["modeller"], Summary.objects.order_by("pk").first()
    rate_as("modeller")
    for page in (summary.document, summary.run, summary.run.system):
        shown = client.get(page.get_absolute_url()).content.decode()
        assert "You rate summaries of these documents." in shown
        assert reverse("stop-rating", args=[Study.objects.get(slug=site_study()).public_id]) in shown
    shown = client.get(summary.document.get_absolute_url()).content.decode()
    assert "There are 2 summaries of this document." in shown
    assert "987654" not in shown


def test_who_rates_can_start_and_watch_a_run(marked):
    client, summary = marked.clients["modeller"], Summary.objects.order_by("pk").first()
    rate_as("modeller")
    Summary.objects.filter(pk=summary.pk).update(
        status="failed", failure_reason="It was full.", text="", output_tokens=77
    )
    page = client.get(summary.run.get_absolute_url()).content.decode()
    assert "It was full." in page
    assert "Tokens written" not in page
    assert client.get(reverse("runs")).status_code == 200
    asks = program(user_of("modeller"))
    assert asks.get(f"/runs/{summary.run_id}").json()["summaries"]["total"] == summary.run.summaries.count()
    assert client.post(reverse("run_retry", args=[summary.run_id])).status_code == 302
    assert Run.objects.get(pk=summary.run_id).status == "pending"


def test_a_system_is_not_tried_on_meetings_that_one_rates(marked):
    rate_as("modeller")
    document = Document.objects.order_by("pk").first()
    values = {"do": "try", "try_dataset": document.dataset.name, "try_instruction": "short"}
    values |= {"slug": "lead-9", "name": "Lead", "regime": "baseline"}
    before = Trial.objects.count()
    shown = marked.clients["modeller"].post(reverse("new_system", query={"adapter": "extractive"}), values)
    assert Trial.objects.count() == before
    assert "comparisons to rate on these documents" in shown.content.decode()


def test_texts_of_other_meetings_stay_open(marked):
    rate_as("modeller")
    other = make_study(systems=2, documents=1)
    mark_texts()
    page = marked.clients["modeller"].get(other.comparisons.first().document.get_absolute_url())
    assert TEXT in page.content.decode()
    lonely = DocumentFactory(dataset=DatasetFactory())
    assert marked.clients["modeller"].get(lonely.get_absolute_url()).status_code == 200


def test_the_admin_site_leaves_out_what_its_visitor_rates(marked, rf):
    request = rf.get("/admin/")
    request.user, request.session = user_of("administrator"), {}
    shown = admin.site.get_model_admin(Summary).get_queryset(request)
    assert shown.exists()
    rate_as("administrator")
    assert not admin.site.get_model_admin(Summary).get_queryset(request).exists()
