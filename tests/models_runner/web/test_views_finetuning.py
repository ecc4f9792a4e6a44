import pytest
from django.utils import timezone

from models_runner.finetune.loss_curve import loss_curve
from models_runner.models import FineTuning, TrainedDocument
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SystemFactory
from tests.people import annotator, researcher, stranger

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

LOG = [{"step": 1, "loss": 2.0}, {"step": 2, "validation_loss": 1.5}, {"step": 2, "loss": 1.0}]


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def job(**values):
    values = {"name": "tuned", "status": "running", "owner": "a", "lease_until": timezone.now()} | values
    return FineTuning.objects.create(base=SystemFactory(slug="parent"), dataset=DatasetFactory(name="team"), **values)


def form(tmp_path, **values):
    dataset = DatasetFactory(name="meetings")
    for _ in range(4):
        ReferenceFactory(document=DocumentFactory(dataset=dataset))
    SystemFactory(slug="parent", adapter="transformers", model_id=str(tmp_path))
    return {
        "name": "tuned", "base": "parent", "dataset": "meetings", "split": "", "validation_split": "",
        "instruction": "medium", "method": "lora",
    } | values  # fmt: skip


def test_a_researcher_starts_a_training(tmp_path):
    response = researcher().post("/fine-tuning/", form(tmp_path))
    assert response.url == "/fine-tuning/tuned/"
    assert TrainedDocument.objects.filter(finetuning__name="tuned").count() == 4


def test_what_is_wrong_is_said_beside_the_form(tmp_path):
    page = researcher().post("/fine-tuning/", form(tmp_path, split="nowhere")).content.decode()
    assert "0 documents to learn from" in page
    assert not FineTuning.objects.exists()


def test_a_training_shows_progress_and_its_curve():
    page = researcher().get(job(step=2, total_steps=8, log=LOG).get_absolute_url()).content.decode()
    assert "step 2 of at most 8" in page
    assert 'hx-trigger="every 2s"' in page
    assert "validation loss 1.50 at step 2" in page


def test_a_part_of_the_page_updates_by_itself_until_the_end():
    made = job(status="failed", failure_reason="No memory.", owner="", lease_until=None)
    page = researcher().get(made.get_absolute_url(), headers={"HX-Request": "true", "HX-Target": "training"})
    assert "<html" not in page.content.decode()
    assert "No memory." in page.content.decode()
    assert "hx-trigger" not in page.content.decode()


def test_cancel_and_resume():
    made, client = job(), researcher()
    client.post("/fine-tuning/tuned/cancel/")
    made.refresh_from_db()
    assert made.status == "cancelled"
    client.post("/fine-tuning/tuned/resume/")
    made.refresh_from_db()
    assert made.status == "pending"


@pytest.mark.parametrize("path", ["/fine-tuning/", "/fine-tuning/tuned/", "/fine-tuning/tuned/cancel/"])
def test_only_researchers_come_here(path):
    job()
    method = "post" if "cancel" in path else "get"
    assert getattr(annotator(), method)(path).status_code == 403
    assert getattr(stranger(), method)(path).status_code == 302


def test_the_list_asks_the_same_queries_for_any_number(django_assert_num_queries):
    client = researcher()
    first = job()
    client.get("/fine-tuning/")
    with django_assert_num_queries(5):
        client.get("/fine-tuning/")
    for n in range(5):
        FineTuning.objects.create(name=f"more-{n}", base=first.base, dataset=first.dataset)
    with django_assert_num_queries(5):
        client.get("/fine-tuning/")


def test_a_curve_needs_two_values():
    assert loss_curve(LOG[:1], 8) is None
    curve = loss_curve(LOG, 8)
    assert len(curve.training.split()) == 2
    assert [tick.label for tick in curve.steps] == ["0", "2", "4", "6", "8"]


def test_equal_losses_draw_a_flat_line():
    curve = loss_curve([{"step": 1, "loss": 1.0}, {"step": 2, "loss": 1.0}], 2)
    assert curve.training.split()[0].split(",")[1] == curve.training.split()[1].split(",")[1]
