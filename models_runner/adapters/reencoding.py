"""Write GGUF weights in another encoding, once, and keep the file in the data folder.

llama.cpp has fast kernels only for some encodings. A model in Q4_1 reads prompts a third faster after its matrices are
converted to Q8_0, whose finer steps lose almost nothing of what Q4_1 stores.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from models_runner.adapters.loading.gguf_reading import read_gguf_as_arrays
from models_runner.adapters.protocol import AdapterError
from models_runner.adapters.weights import file_revision

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter

ENCODINGS = ("Q8_0",)


def reencoded(path: Path, encoding: str) -> Path:
    """Return a GGUF file with the weights of this one and its quantized matrices in the given encoding.

    Raises:
        AdapterError: The encoding is not supported, or the file cannot be read.
    """
    if encoding not in ENCODINGS:
        raise AdapterError(f"engine.reencode is {encoding!r}; expected {' or '.join(ENCODINGS)}.")
    target: Path = settings.DATA_DIR / "weights" / f"{path.stem}-{file_revision(path)}-as-{encoding}.gguf"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}")
    try:
        _write(path, part, encoding)
        part.replace(target)  # two workers may do this at the same time
    except (ValueError, KeyError, IndexError, NotImplementedError) as error:
        raise AdapterError(f"{path} cannot be encoded anew as {encoding}: {error}") from error
    finally:
        part.unlink(missing_ok=True)  # on a full disk, an unfinished file would keep the last space occupied
    return target


def _write(source: Path, target: Path, encoding: str) -> None:
    from gguf import GGUFReader, GGUFWriter

    read_gguf_as_arrays()
    reader = GGUFReader(source)
    writer = GGUFWriter(target, arch=reader.fields["general.architecture"].contents())
    _copy_fields(reader, writer, encoding)
    _add_tensors(reader, writer, encoding)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_fields(reader: "GGUFReader", writer: "GGUFWriter", encoding: str) -> None:
    from gguf import GGUFValueType, LlamaFileType

    for field in reader.fields.values():
        # The writer adds the fields of the file format itself, and already has the architecture.
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = field.contents()
        if field.name == "general.file_type":
            value = LlamaFileType[f"MOSTLY_{encoding}"].value
        kind = field.types[0]
        of = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, kind, sub_type=of)


def _add_tensors(reader: "GGUFReader", writer: "GGUFWriter", encoding: str) -> None:
    from gguf import GGMLQuantizationType, quants

    plain = (GGMLQuantizationType.F32, GGMLQuantizationType.F16, GGMLQuantizationType.BF16)
    wanted = GGMLQuantizationType[encoding]
    for tensor in reader.tensors:
        data, kind = tensor.data, tensor.tensor_type
        if kind not in (*plain, wanted):
            data, kind = quants.quantize(quants.dequantize(data, kind), wanted), wanted
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
