"""Two studies made at almost the same time with the same content: more likely a mistake than a wish."""

from collections.abc import Set
from datetime import timedelta

from django.utils import timezone

from annotations.models import Study
from annotations.studies.setup import NewStudy

AT_ONCE = timedelta(minutes=30)


def twin_of(wanted: NewStudy) -> Study | None:
    """Return a study of the same title, dataset and systems that the same person has just made in another form."""
    made = Study.objects.filter(
        created_by=wanted.created_by,
        title=wanted.title,
        dataset=wanted.dataset,
        instruction=wanted.instruction,
        created_at__gte=timezone.now() - AT_ONCE,
    ).exclude(form_key=wanted.form_key)
    systems = {system.pk for system in wanted.systems}
    return next((study for study in made.order_by("-created_at") if _systems_of(study) == systems), None)


def _systems_of(study: Study) -> Set[int]:
    return set(study.systems.values_list("pk", flat=True))
