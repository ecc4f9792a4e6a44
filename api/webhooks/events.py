"""What happens becomes deliveries: once for each event and webhook, as rows; messages only say that there are some."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone

from annotations.access import role_of
from annotations.models import Study
from annotations.services import progress
from api.models import Delivery, Webhook
from api.models.webhooks import Event
from leaderboards.releases.services import published
from models_runner.models import Run

logger = logging.getLogger(__name__)

Payload = dict[str, object]
LOOKED_BACK = timedelta(days=7)


def queue(webhooks: Iterable[Webhook], event: str, about: str, payload: Payload) -> int:
    """Write one delivery for each of the webhooks that wants the event; returns how many are new."""
    new = _not_told(webhooks, event, about)
    at = timezone.now().isoformat()
    Delivery.objects.bulk_create(
        [Delivery(webhook=w, event=event, about=about, payload={"event": event, "at": at} | payload) for w in new],
        ignore_conflicts=True,
    )
    if new:
        transaction.on_commit(announce)
    return len(new)


def _not_told(webhooks: Iterable[Webhook], event: str, about: str) -> list[Webhook]:
    wanting = [webhook for webhook in webhooks if event in webhook.events]
    told = Delivery.objects.filter(webhook__in=wanting, event=event, about=about)
    known = set(told.values_list("webhook", flat=True))
    return [webhook for webhook in wanting if webhook.pk not in known]


def announce() -> int:
    """Tell the workers of every delivery whose time has come."""
    from api.tasks import send_message

    due = Delivery.objects.filter(status=Delivery.Status.PENDING, not_before__lte=timezone.now())
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:500])
    for pk in pks:
        send_message(pk)
    return len(pks)


def run_ended(sender: object, run: Run, **kwargs: object) -> None:
    """After summaries were saved: of the run's end, once. Runs are staff's to see, and so are their events."""
    run = Run.objects.select_related("system", "dataset").get(pk=run.pk)
    if run.status not in (Run.Status.DONE, Run.Status.FAILED) or run.finished_at is None:
        return
    compares = Study.objects.filter(
        pk=OuterRef("study"), systems=run.system_id, dataset=run.dataset_id, instruction=run.instruction
    )
    concerned = Webhook.objects.filter(Q(study=None) | Exists(compares), owner__is_staff=True, owner__is_active=True)
    payload: Payload = {
        "run": run.pk,
        "system": run.system.slug,
        "dataset": run.dataset.name,
        "split": run.split,
        "instruction": run.instruction,
        "status": run.status,
        "summaries": run.counts(),
    }
    queue(concerned, Event.RUN_FINISHED, f"{run.pk} at {run.finished_at.isoformat()}", payload)


def study_completed(study: Study) -> int:
    """Of the last place rated, once for each number of places; nothing while some are missing."""
    rating = study.comparisons.for_rating()
    places = 0 if rating.wanting().exists() else rating.aggregate(n=Sum("quota"))["n"] or 0
    about = f"{study.slug}: {places}"
    # Asked after every sweep: the votes of a large study are counted only where somebody is still to be told.
    webhooks = _not_told(_told_of(study), Event.STUDY_COMPLETE, about) if places else []
    if not webhooks or (counts := progress(study)).rated < counts.places:
        return 0
    payload: Payload = {"study": study.slug, "comparisons": counts.comparisons, "rated": counts.rated}
    return queue(webhooks, Event.STUDY_COMPLETE, about, payload)


def _told_of(study: Study) -> list[Webhook]:
    """Webhooks of people who may see the study now."""
    found = Webhook.objects.filter(Q(study=study) | Q(study=None), owner__is_active=True).select_related("owner")
    return [webhook for webhook in found if role_of(webhook.owner, study) is not None]


def releases_published() -> int:
    """Of releases of the last days, to webhooks that were there before them; publishing itself knows no webhooks."""
    told = 0
    for release in published().filter(published_at__gte=timezone.now() - LOOKED_BACK):
        webhooks = [
            hook for hook in _told_of(release.study) if hook.created_at <= (release.published_at or hook.created_at)
        ]
        payload: Payload = {
            "study": release.study.slug,
            "version": release.version,
            "name": release.name,
            "sha256": release.sha256,
            "doi": release.doi,
        }
        told += queue(webhooks, Event.RELEASE_PUBLISHED, str(release), payload)
    return told


def sweep(**kwargs: object) -> None:
    """After each sweep of the workers: complete studies, new releases, what was cut off, waits that are over."""
    if not Webhook.objects.exists():
        return
    Delivery.objects.release_stale(timezone.now())
    for study in _watched():
        study_completed(study)
    releases_published()
    if sent := announce():
        logger.info("%s deliveries announced", sent)


def _watched() -> Iterable[Study]:
    """Studies that somebody wants to be told of; a draft has nothing to tell."""
    studies = Study.objects.exclude(status=Study.Status.DRAFT)
    if Webhook.objects.filter(study=None).exists():
        return studies
    return studies.filter(webhooks__isnull=False).distinct()
