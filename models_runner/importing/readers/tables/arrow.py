"""Read Parquet files, Arrow files, and data sets that Hugging Face's save_to_disk wrote."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from models_runner.importing.field_map.mapping import find_map, own_map
from models_runner.importing.field_map.rows import RowReader
from models_runner.importing.files import SourceFile
from models_runner.importing.reading import Outcome, Reader, ReadOptions, Unit
from models_runner.importing.records import RecordError

NAME = "hf"
MISSING = "is no data set of save_to_disk: there is no state.json beside Arrow files."
ROWS_AT_ONCE = 200


def recognise_parquet(source: SourceFile) -> str:
    return "it is a Parquet file" if source.head.startswith(b"PAR1") else ""


def recognise_arrow(source: SourceFile) -> str:
    is_file, is_stream = source.head.startswith(b"ARROW1"), source.head.startswith(b"\xff\xff\xff\xff")
    return "it is an Arrow file" if source.suffix in (".arrow", ".feather") and (is_file or is_stream) else ""


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    yield from _read_files(source.document_id, [source], options)


def _read_files(stem: str, files: Sequence[SourceFile], options: ReadOptions) -> Iterator[Outcome]:
    """Read the files of one table, in order."""
    columns = _columns(files[0])
    given = (None if options.fields else own_map(columns)) or find_map(columns, options, files[0].name)
    wanted = {column.split(".")[0] if column not in columns else column for c in given.fields.values() for column in c}
    yield from RowReader(given, options, stem, cells=False).read(_rows(files, wanted), files[0].name)


def _open(source: SourceFile) -> Any:
    """Return the file's reader: of Parquet, or of Arrow as a file or as a stream."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = str(source.path) if source.path is not None else io.BytesIO(source.data)
    try:
        if source.head.startswith(b"PAR1"):
            return pq.ParquetFile(data)
        opened = pa.memory_map(data) if isinstance(data, str) else pa.BufferReader(data.getvalue())
        return pa.ipc.open_file(opened) if source.head.startswith(b"ARROW1") else pa.ipc.open_stream(opened)
    except (pa.ArrowException, OSError) as error:
        raise RecordError(source.name, f"is no table that can be read: {error}.") from error


def _columns(source: SourceFile) -> list[str]:
    reader = _open(source)
    return list(reader.schema_arrow.names if hasattr(reader, "schema_arrow") else reader.schema.names)


def _rows(files: Sequence[SourceFile], wanted: set[str]) -> Iterator[tuple[Mapping[str, Any], str]]:
    import pyarrow as pa

    for file in files:
        number = 0
        try:
            for batch in _batches(_open(file)):
                for row in batch.to_pylist():
                    number += 1
                    yield row, f"{file.name}, row {number}"
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise RecordError(f"{file.name}, after row {number}", f"cannot be read: {error}.") from error


def _batches(reader: Any) -> Iterator[Any]:
    if hasattr(reader, "iter_batches"):  # Parquet
        yield from reader.iter_batches(batch_size=ROWS_AT_ONCE)
    elif hasattr(reader, "num_record_batches"):  # an Arrow file
        yield from (reader.get_batch(n) for n in range(reader.num_record_batches))
    else:
        yield from reader


# ---- save_to_disk: DATASET/dataset_dict.json and SPLIT/data-00000-of-00001.arrow, or the latter without splits


def claim(sources: Sequence[SourceFile], options: ReadOptions) -> tuple[list[Unit], set[str]]:
    """Return a unit for each split that was asked for, and the names of the data set's files."""
    folders: dict[str, list[SourceFile]] = defaultdict(list)
    states: dict[str, SourceFile] = {}
    claimed: set[str] = set()
    for source in sources:
        folder, name = str(PurePosixPath(source.name).parent), PurePosixPath(source.name).name
        if name == "state.json":
            states[folder] = source
        if source.suffix == ".arrow":
            folders[folder].append(source)
        if name in ("state.json", "dataset_info.json", "dataset_dict.json") or source.suffix == ".arrow":
            claimed.add(source.name)
    splits = {folder: files for folder, files in folders.items() if folder in states}
    if not splits:
        return [], set()
    named = len(splits) > 1 or any(_is_split(sources, folder) for folder in splits)
    names = {folder: PurePosixPath(folder).name if named else "" for folder in splits}
    chosen = [folder for folder in splits if not options.split or names[folder] in ("", options.split)]
    if not chosen:
        text = f"has no split {options.split!r}. Its splits are {', '.join(sorted(names.values()))}."
        raise RecordError(next(iter(splits)), text)
    units = []
    for folder in chosen:
        files = _in_order(splits[folder], states[folder])
        name = names[folder]
        read_split = partial(_read_files, name or PurePosixPath(folder).name or "row", files, options)
        units.append(Unit(folder or name, NAME, "it has state.json beside Arrow files", read_split, split=name))
    return units, claimed


def _is_split(sources: Sequence[SourceFile], folder: str) -> bool:
    above = str(PurePosixPath(folder).parent)
    return any(s.name == str(PurePosixPath(above) / "dataset_dict.json") for s in sources)


def _in_order(files: Sequence[SourceFile], state: SourceFile) -> list[SourceFile]:
    """Return the files that state.json lists, in its order; a shuffled data set's other files are caches."""
    try:
        content = json.loads(state.data)
        listed = [item["filename"] for item in content["_data_files"]]
        chosen_rows = content.get("_indices_data_files")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        listed, chosen_rows = [], None
    if chosen_rows:
        raise RecordError(state.name, "names rows of its own choice. Save the data set after flatten_indices().")
    by_name = {PurePosixPath(file.name).name: file for file in files}
    return [by_name[name] for name in listed if name in by_name] or sorted(files, key=lambda file: file.name)


_KEPT = "columns by name or --map"
READERS = (
    Reader("parquet", "Parquet", recognise_parquet, read, (".parquet",), "pyarrow", _KEPT),
    Reader("arrow", "Arrow and Feather", recognise_arrow, read, (".arrow", ".feather"), "pyarrow", _KEPT),
)
