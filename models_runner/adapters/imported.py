"""The adapter of systems whose summaries were made elsewhere; it writes none."""

from models_runner.adapters.protocol import AdapterError, SystemSpec


class ImportedAdapter:
    """Stands for a system that no worker can write for: creating it raises AdapterError."""

    def __init__(self, spec: SystemSpec) -> None:
        raise AdapterError(
            f"The summaries of {spec.slug} were made elsewhere, so no worker writes them. Use import_summaries."
        )
