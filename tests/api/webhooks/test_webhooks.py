"""Events that reach a real server: signed, once, again after a fault, and not where they may not go."""
# ruff: noqa: F811  (fixtures)

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from standardwebhooks import Webhook as StandardWebhook
from standardwebhooks import WebhookVerificationError

from annotations.models import Membership
from api.models import Delivery, Webhook
from api.webhooks import sending
from api.webhooks.signing import own_signature, secret_of
from jobs.leases import lease_time
from jobs.sweeper import sweep_jobs
from tests.api.helpers import error_of, program
from tests.api.webhooks.receiver import (  # noqa: F401  (fixtures)
    again,
    queued,
    receiver,
    webhook,
)
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db


def test_an_event_arrives_signed(receiver):
    hook = webhook(receiver.url)
    delivery = queued(hook)
    sending.send_if_due(delivery.pk, owner="w")
    ((path, headers, body),) = receiver.got
    assert path == "/events"
    assert json.loads(body)["study"] == "première"
    assert headers["Punchweight-Event"] == json.loads(body)["event"] == "study.complete"
    assert headers["Punchweight-Delivery"] == str(delivery.public_id)
    # As docs/api.md tells receivers to check it.
    parts = dict(part.split("=") for part in headers["Punchweight-Signature"].split(","))
    expected = hmac.new(secret_of(hook).encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected)
    assert abs(int(parts["t"]) - timezone.now().timestamp()) < 300
    delivery.refresh_from_db()
    assert (delivery.status, delivery.answer, delivery.attempts) == ("delivered", 200, 1)


def test_what_was_delivered_is_not_sent_again(receiver):
    delivery = queued(webhook(receiver.url))
    for _ in range(3):
        sending.send_if_due(delivery.pk, owner="w")
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_passing_fault_is_tried_again_later(receiver, status):
    receiver.statuses = [status]
    delivery = queued(webhook(receiver.url))
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.answer, delivery.failure_reason) == ("pending", status, f"answered {status}")
    assert delivery.not_before > timezone.now()
    sending.send_if_due(delivery.pk, owner="w")
    assert len(receiver.got) == 1
    again(delivery)
    assert (delivery.status, delivery.failure_reason, delivery.attempts) == ("delivered", "", 2)


def test_the_waits_grow_and_there_is_an_end(receiver, settings):
    settings.RETRY_SECONDS = 5
    receiver.statuses = [500] * 50
    delivery = queued(webhook(receiver.url))
    for _ in range(20):
        again(delivery)
    assert len(receiver.got) == delivery.attempts == Delivery.MAX_ATTEMPTS
    assert (delivery.status, delivery.failure_reason) == ("failed", "answered 500")
    waits = [sending.wait_before_retry(n).total_seconds() for n in range(1, Delivery.MAX_ATTEMPTS)]
    assert waits == sorted(set(waits))
    assert waits[0] == 5
    assert sum(waits) > 24 * 3600


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    receiver.statuses = [status]
    delivery = queued(webhook(receiver.url))
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
    assert [path for path, _, _ in receiver.got] == ["/events"]
    assert delivery.status == "failed"
    assert "redirect" in delivery.failure_reason


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refusal_is_the_receivers_last_word(receiver, status):
    receiver.statuses = [status]
    delivery = queued(webhook(receiver.url))
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.answer) == ("failed", status)


def test_a_server_that_is_not_there_is_tried_again(receiver):
    hook = webhook(receiver.url)
    receiver.shutdown()
    receiver.server_close()
    delivery = queued(hook)
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.answer) == ("pending", None)
    assert delivery.failure_reason.startswith("no answer")


def test_a_delivery_whose_worker_ended_is_taken_up_again(receiver):
    delivery = queued(webhook(receiver.url))
    now = timezone.now()
    assert Delivery.objects.claim(delivery.pk, owner="elsewhere", now=now, lease=lease_time())
    sweep_jobs(Delivery)
    sending.send_if_due(delivery.pk, owner="w")
    assert not receiver.got  # it may still be under way
    assert Delivery.objects.free_stale(now + lease_time() + timedelta(seconds=1)) == 1
    sending.send_if_due(delivery.pk, owner="w")
    assert len(receiver.got) == 1


# ---- where events may go


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "https://example.com/hook",
        "ftp://127.0.0.1/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "file:///etc/passwd",
        "http://127.0.0.1/?a=b",
        "x" * 501,
        "",
    ],
)
def test_addresses_that_nobody_allowed_are_refused(url):
    answer = program().post("/webhooks", {"url": url, "events": ["run.finished"]})
    assert (answer.status_code, error_of(answer)["field"]) == (422, "url")
    assert "transcripts" not in error_of(answer)["message"]
    assert not Webhook.objects.exists()


def test_a_host_that_the_operator_lists_is_allowed(settings):
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    study, owner = make_study(), UserFactory()
    Membership.objects.create(study=study, user=owner, role="owner")
    body = {"url": "https://hooks.example.com/x", "events": ["study.complete"], "study": study.slug}
    assert program(owner).post("/webhooks", body).status_code == 201


def test_this_machine_is_for_who_may_run_models(receiver):
    study, owner = make_study(), UserFactory()
    Membership.objects.create(study=study, user=owner, role="owner")
    body = {"url": receiver.url, "events": ["study.complete"], "study": study.slug}
    answer = program(owner).post("/webhooks", body)
    assert (answer.status_code, error_of(answer)["field"]) == (422, "url")
    assert program().post("/webhooks", body).status_code == 201


def test_an_address_that_is_allowed_no_longer_gets_nothing(receiver, settings):
    settings.ALLOWED_ENDPOINTS = ["http://localhost.example:80"]
    hook = webhook("http://localhost.example/")
    settings.ALLOWED_ENDPOINTS = []
    delivery = queued(hook)
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
    assert delivery.status == "failed"
    assert "not allowed" in delivery.failure_reason


def test_who_may_not_run_models_names_a_study():
    answer = program(UserFactory()).post("/webhooks", {"url": "http://127.0.0.1/", "events": ["run.finished"]})
    assert (answer.status_code, error_of(answer)["field"]) == (422, "study")


# ---- secrets


def test_a_secret_is_shown_once_and_stored_nowhere(receiver):
    asks = program()
    made = asks.post("/webhooks", {"url": receiver.url, "events": ["run.finished"]}).json()
    assert made["secret"] == secret_of(Webhook.objects.get())
    assert made["secret"] not in str(list(Webhook.objects.values()))
    assert made["secret"] not in asks.get("/webhooks").content.decode()


def test_a_rotated_secret_is_another_one(receiver, settings):
    asks = program()
    made = asks.post("/webhooks", {"url": receiver.url, "events": ["run.finished", "study.complete"]}).json()
    rotated = asks.post(f"/webhooks/{made['id']}/rotate").json()
    assert rotated["id"] == made["id"]
    assert rotated["secret"] != made["secret"]
    delivery = queued(Webhook.objects.get())
    sending.send_if_due(delivery.pk, owner="w")
    ((_, headers, body),) = receiver.got
    t = int(headers["Punchweight-Signature"].split(",")[0][2:])
    assert headers["Punchweight-Signature"] == own_signature(rotated["secret"], t, body)
    settings.SECRET_KEY = "another"
    assert secret_of(Webhook.objects.get()) != rotated["secret"]


def test_a_signature_as_worked_out_elsewhere():
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_x
    assert own_signature("whsec_x", 1_700_000_000, b"{}") == (
        "t=1700000000,v1=" + hmac.digest(b"whsec_x", b"1700000000.{}", "sha256").hex()
    )


def test_a_receiver_checks_an_event_with_a_library_of_standard_webhooks(receiver):
    receiver.statuses = [503]
    hook = webhook(receiver.url)
    delivery = queued(hook)
    sending.send_if_due(delivery.pk, owner="w")
    again(delivery)
    library = StandardWebhook(secret_of(hook))
    for _, headers, body in receiver.got:
        assert library.verify(body, headers)["study"] == "première"
        assert headers["Webhook-Id"] == str(delivery.public_id)  # the same when sent again: receivers know it by it
    with pytest.raises(WebhookVerificationError):
        library.verify(body.replace(b"study", b"Study"), headers)
    with pytest.raises(WebhookVerificationError):
        library.verify(body, headers | {"Webhook-Timestamp": str(int(headers["Webhook-Timestamp"]) - 301)})
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(secret_of(webhook(receiver.url))).verify(body, headers)


def test_the_standard_signature_as_worked_out_by_hand(receiver):
    hook = webhook(receiver.url)
    sending.send_if_due(queued(hook).pk, owner="w")
    ((_, headers, body),) = receiver.got
    key = base64.b64decode(secret_of(hook).removeprefix("whsec_"))
    assert 24 <= len(key) <= 64  # the standard's bounds
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"


# ---- the resource


def test_webhooks_are_listed_with_their_deliveries_and_deleted(receiver):
    asks = program()
    made = asks.post("/webhooks", {"url": receiver.url, "events": ["study.complete"]}).json()
    queued(Webhook.objects.get())
    assert [one["id"] for one in asks.get("/webhooks").json()["items"]] == [made["id"]]
    (sent,) = asks.get(f"/webhooks/{made['id']}/deliveries").json()["items"]
    assert (sent["status"], sent["attempts"]) == ("pending", 0)
    assert program().get(f"/webhooks/{made['id']}/deliveries").status_code == 404
    assert program().delete(f"/webhooks/{made['id']}").status_code == 404
    assert asks.delete(f"/webhooks/{made['id']}").status_code == 200
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"status": "sending"}, {"status": "failed"}, {"event": "nothing"}, {"lease_until": timezone.now()}]
)
def test_the_database_refuses_what_is_no_delivery(fields):
    hook = webhook("http://127.0.0.1/")
    valid = {"webhook": hook, "event": "run.finished", "about": "1", "payload": {}}
    Delivery.objects.create(**valid)
    for wrong in (valid, valid | {"about": "2"} | fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delivery.objects.create(**wrong)
