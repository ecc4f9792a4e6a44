"""Delete systems that nothing refers to; those with runs, studies or fine-tunings are kept."""

from django.db import transaction

from models_runner.datasets.changes import refuse_if_used
from models_runner.models import System


@transaction.atomic
def delete_unused_system(system: System) -> None:
    """Delete a stored system; one of the catalogue is listed again as an entry that is not stored.

    Raises:
        KeptError: Runs, studies, fine-tunings or other systems refer to it; nothing has changed.
    """
    held = System.objects.select_for_update().get(pk=system.pk)
    refuse_if_used(held, "system", parts=(System,))
    held.delete()
