"""Turn events into deliveries, once for each event and webhook; messages only say that there are some."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone

from accounts.rights import holders
from annotations.models import Study
from annotations.studies.progress import study_progress
from annotations.web.access import role_of
from api.models import Delivery, Webhook
from api.models.webhooks import Event
from leaderboards.models.releases import Release
from models_runner.models import Run

Payload = dict[str, object]
RELEASE_LOOKBACK = timedelta(days=7)


def queue_deliveries(webhooks: Iterable[Webhook], event: str, about: str, payload: Payload) -> int:
    """Write a delivery for each webhook that wants the event and has none yet; returns how many.

    about: names the event, so that it is queued once.
    """
    new = _still_to_tell(webhooks, event, about)
    payload = {"event": event, "at": timezone.now().isoformat()} | payload
    Delivery.objects.bulk_create(
        [Delivery(webhook=webhook, event=event, about=about, payload=payload) for webhook in new],
        ignore_conflicts=True,
    )
    if new:
        Delivery.objects.ready(timezone.now()).filter(announced_at=None).order_by("pk").announce()
    return len(new)


def _still_to_tell(webhooks: Iterable[Webhook], event: str, about: str) -> list[Webhook]:
    """Return the webhooks that want the event and have no delivery of it."""
    wanting = [webhook for webhook in webhooks if event in webhook.events]
    deliveries = Delivery.objects.filter(webhook__in=wanting, event=event, about=about)
    told = set(deliveries.values_list("webhook", flat=True))
    return [webhook for webhook in wanting if webhook.pk not in told]


def queue_run_finished(sender: object, run: Run, **kwargs: object) -> None:
    """Queue a run's end, once; called whenever summaries were saved. Only who may run models sees them."""
    run = Run.objects.select_related("system", "dataset").get(pk=run.pk)
    if run.status not in (Run.Status.DONE, Run.Status.FAILED) or run.finished_at is None:
        return
    studies_of_run = Study.objects.filter(
        pk=OuterRef("study"), systems=run.system_id, dataset=run.dataset_id, instruction=run.instruction
    )
    webhooks = Webhook.objects.filter(holders("run_models", "owner__")).filter(Q(study=None) | Exists(studies_of_run))
    payload: Payload = {
        "run": run.pk,
        "system": run.system.slug,
        "dataset": run.dataset.name,
        "split": run.split,
        "instruction": run.instruction,
        "status": run.status,
        "summaries": run.counts(),
    }
    queue_deliveries(webhooks, Event.RUN_FINISHED, f"{run.pk} at {run.finished_at.isoformat()}", payload)


def queue_study_complete(study: Study) -> int:
    """Queue a study's completion, once for each number of places; returns how many deliveries are new."""
    comparisons = study.comparisons.for_rating()
    places = 0 if comparisons.wanting().exists() else comparisons.aggregate(n=Sum("quota"))["n"] or 0
    about = f"{study.slug}: {places}"
    # This runs after every sweep, so the votes of a large study are counted only if a webhook is still to be told.
    webhooks = _still_to_tell(_webhooks_for(study), Event.STUDY_COMPLETE, about) if places else []
    if not webhooks or (counts := study_progress(study)).rated < counts.places:
        return 0
    payload: Payload = {"study": study.slug, "comparisons": counts.comparisons, "rated": counts.rated}
    return queue_deliveries(webhooks, Event.STUDY_COMPLETE, about, payload)


def _webhooks_for(study: Study) -> list[Webhook]:
    """Return the webhooks for the study whose owners may see it now."""
    of_study = Webhook.objects.filter(Q(study=study) | Q(study=None), owner__is_active=True)
    webhooks = of_study.select_related("owner__account")
    return [webhook for webhook in webhooks if role_of(webhook.owner, study) is not None]


def queue_published_releases() -> int:
    """Queue the releases of the last days for webhooks older than them; returns how many deliveries are new.

    leaderboards publishes and may not import webhooks, so they look here.
    """
    queued = 0
    for release in Release.objects.published().filter(published_at__gte=timezone.now() - RELEASE_LOOKBACK):
        webhooks = [webhook for webhook in _webhooks_for(release.study) if _is_older(webhook, release)]
        payload: Payload = {
            "study": release.study.slug,
            "version": release.version,
            "name": release.name,
            "sha256": release.sha256,
            "doi": release.doi,
        }
        queued += queue_deliveries(webhooks, Event.RELEASE_PUBLISHED, str(release), payload)
    return queued


def _is_older(webhook: Webhook, release: Release) -> bool:
    return release.published_at is None or webhook.created_at <= release.published_at


def sweep_events(*, starting: bool = False) -> None:
    """Queue events that nobody else tells of: complete studies and published releases; a part of each sweep."""
    if not Webhook.objects.exists():
        return
    for study in _watched_studies():
        queue_study_complete(study)
    queue_published_releases()


def _watched_studies() -> Iterable[Study]:
    """Return the studies that a webhook is for; drafts left out, which have no events."""
    studies = Study.objects.exclude(status=Study.Status.DRAFT)
    if Webhook.objects.filter(study=None).exists():
        return studies
    return studies.filter(webhooks__isnull=False).distinct()
