"""Systems whose summaries were made elsewhere: nothing can be asked of them here."""

from models_runner.adapters.protocol import AdapterError, SystemSpec


class ImportedAdapter:
    """Raises AdapterError when made: a worker cannot write for it."""

    def __init__(self, spec: SystemSpec) -> None:
        raise AdapterError(
            f"The summaries of {spec.slug} were made elsewhere, so no worker writes them. Use import_summaries."
        )
