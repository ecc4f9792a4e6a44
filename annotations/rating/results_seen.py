"""Who has seen results, or texts under their systems' names, gives no more votes on them: they would not be blind."""

from collections.abc import Iterable

from django.utils import timezone

from annotations.models import Annotator


def note_results_seen(annotators: Iterable[Annotator]) -> None:
    """Store that these annotators, who have left or have nothing to rate now, are about to be shown results."""
    new = [annotator.pk for annotator in annotators if annotator.saw_results_at is None and annotator.erased_at is None]
    if new:
        now = timezone.now()
        Annotator.objects.filter(pk__in=new, saw_results_at=None).update(saw_results_at=now)
