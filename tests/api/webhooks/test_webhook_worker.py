"""An event on its way through a real worker, with a fault in between."""

import pytest
from django.db import transaction

from api.models import Delivery
from api.webhooks import events
from tests.api.webhooks.receiver import receiver, webhook  # noqa: F401  (a fixture)
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]
FAST = {"SWEEP_SECONDS": "1", "RETRY_SECONDS": "1"}


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


def test_a_worker_delivers_and_tries_again(receiver, tmp_path):  # noqa: F811
    receiver.statuses = [503]
    hook = webhook(receiver.url)
    with worker("default", log=tmp_path / "log", **FAST):
        with transaction.atomic():
            events.queue_deliveries([hook], "study.complete", "1", {"study": "one"})
        wait_until(lambda: Delivery.objects.filter(status="delivered").exists(), what="delivered")
    delivery = Delivery.objects.get()
    assert (delivery.attempts, len(receiver.got)) == (2, 2)


def test_a_lost_message_is_sent_again(receiver, tmp_path):  # noqa: F811
    events.queue_deliveries([webhook(receiver.url)], "study.complete", "1", {"study": "one"})
    empty_broker()
    with worker("default", log=tmp_path / "log", **FAST):
        wait_until(lambda: Delivery.objects.filter(status="delivered").exists(), what="delivered")
    assert len(receiver.got) == 1
