"""What an uploaded protocol may do: nothing that reads the server's disk, or sends anything to an address that is new.

Whoever uploads a file may not have written it. So systems that this site does not know come in only where they run
weights that it knows, or none; a path or an address is entered on the page New system, by somebody who means it.
"""

from collections.abc import Iterator

from django.core.files.uploadedfile import UploadedFile

from models_runner.models import System
from models_runner.systems import catalog
from models_runner.web.system_form import offered_adapters
from protocol.file.problems import Problem, ProtocolError
from protocol.file.reading import read_protocol
from protocol.file.schema import Protocol, SystemPart

MOST_BYTES = 256_000
WITH_WEIGHTS = ("llamacpp", "transformers", "openai")
ON_NEW_SYSTEM = "Add it on the page New system first, or let the command run the file."


def read_upload(file: UploadedFile) -> str:
    """Return the text of an upload. Raises ProtocolError."""
    if (file.size or 0) > MOST_BYTES:
        raise ProtocolError([Problem(1, "", f"The file has more than {MOST_BYTES:,} bytes. Expected a protocol.")])
    try:
        return file.read(MOST_BYTES + 1).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError([Problem(1, "", "The file is not UTF-8. Save it as UTF-8.")]) from error


def read_text(text: str) -> Protocol:
    """Read an uploaded protocol. Raises ProtocolError, also for what only the command may do."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise ProtocolError([Problem(1, "", f"The file has more than {MOST_BYTES:,} bytes. Expected a protocol.")])
    return read_protocol(text)


def refusals(protocol: Protocol) -> list[str]:
    """Say which of its new systems cannot be made from an upload."""
    stored = set(System.objects.filter(slug__in=protocol.systems).values_list("slug", flat=True))
    new = {slug: part for slug, part in protocol.systems.items() if slug not in stored}
    return [problem for slug, part in new.items() for problem in _problems(slug, part)]


def _problems(slug: str, part: SystemPart) -> Iterator[str]:
    if part.adapter not in {key for key, _ in offered_adapters()}:
        yield f"System {slug}: nobody can make a system with the adapter {part.adapter} here."
    elif part.engine.get("base_url"):
        yield f"System {slug} would send transcripts to {part.engine['base_url']}. {ON_NEW_SYSTEM}"
    elif part.adapter in WITH_WEIGHTS and part.model_id not in _known_weights():
        yield f"System {slug} runs weights that no system here has ({part.model_id or 'none named'}). {ON_NEW_SYSTEM}"
    elif part.adapter in WITH_WEIGHTS and part.engine.get("tokenizer"):
        yield f"System {slug} names a tokenizer, which may be a folder here. {ON_NEW_SYSTEM}"


def _known_weights() -> set[str]:
    of_catalogue = {str(entry.get("model_id", "")) for entry in catalog.all_entries().values()}
    return {*of_catalogue, *System.objects.values_list("model_id", flat=True)} - {""}
