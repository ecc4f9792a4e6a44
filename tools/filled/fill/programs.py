# mypy: ignore-errors
"""What programs have: tokens, kept answers, webhooks with what was sent to them."""

import json

from annotations.links import invitation_path, personal_path, single_path
from django.contrib.auth.models import User
from django.utils import timezone

from annotations.models import Study
from api import events, webhooks
from api.models import Delivery
from api.models.tokens import Scope
from api.tokens import make_token, revoke
from models_runner.models import Run
from tools.filled.fill.begin import LINKS, LONG, browser


def keep_answers(people: dict[str, User], made: dict[str, Study]) -> None:
    """Tokens and links, whose texts are public here; and answers to writes that are sent twice."""
    ada = made["adaptive"].annotators.get(user=people["ada"])
    LINKS.update(
        {
            "token:staff": make_token(people["researcher"], "reads everything", Scope.ADMIN)[1],
            "token:owner": make_token(people["owner"], "writes", Scope.WRITE, expires_at=timezone.now() + LONG)[1],
            "token:ada": make_token(people["owner"], "rates", Scope.ANNOTATE, annotator=ada)[1],
        }
    )
    token, _ = make_token(people["owner"], "taken back", Scope.READ)
    revoke(token)
    headers = {"Authorization": f"Bearer {LINKS['token:staff']}", "Idempotency-Key": "pause-demo"}
    for change in ("pause", "pause"):
        body = json.dumps({"change": change})
        browser().post("/api/v1/studies/demo/status", body, content_type="application/json", headers=headers)
    compared = made["compared"]
    LINKS["resume:ada"] = personal_path(compared.annotators.get(user=people["ada"]))
    LINKS["resume:rates"] = personal_path(ada)
    LINKS["join:compared"] = invitation_path(compared)
    LINKS["join:platform"] = single_path(compared.invitations.get(kind="external"))
    for name in ("compared", "adaptive", "elsewhere", "queries"):
        LINKS[f"study:{name}"] = str(made[name].public_id)


def add_webhooks(people: dict[str, User], made: dict[str, Study]) -> None:
    researcher = people["researcher"]
    every = ["run.finished", "study.complete", "release.published"]
    for path, study in (("all", None), ("one", made["compared"])):
        webhooks.make_webhook(researcher, f"http://127.0.0.1:9/{path}", every, study)
    webhooks.rotate(researcher.webhooks.last())
    for run in Run.objects.filter(status__in=["done", "failed"]).order_by("pk"):
        events.run_ended(None, run)


def send_deliveries() -> None:
    """Taken, refused, to be tried again, waiting and being sent."""
    events.sweep()
    answers = (
        webhooks.Outcome(200, ""),
        webhooks.Outcome(410, "answered 410"),
        webhooks.Outcome(503, "answered 503", True),
    )
    for delivery, answer in zip(Delivery.objects.order_by("pk"), answers, strict=False):
        webhooks.send = lambda delivery, answer=answer: answer
        webhooks.deliver(delivery.pk)
    held = Delivery.objects.filter(status="pending", attempts=0).order_by("pk").first()
    Delivery.objects.claim(held.pk, now=timezone.now(), lease=LONG)
