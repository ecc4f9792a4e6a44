"""Zip files of unknown origin: bounded in number and size, and read without writing anything to the disk."""

import io
import zipfile

from models_runner.importing.files import SourceFile
from models_runner.importing.records import RecordError

MOST_MEMBERS = 20_000
LARGEST_MEMBER = 500_000_000  # bytes, unpacked
LARGEST_ARCHIVE = 2_000_000_000  # bytes, unpacked
MOST_DENSE = 200  # times the size of the packed member
DENSE_FROM = 10_000_000  # bytes, unpacked: small files may be as dense as they like
CHUNK = 1_000_000


def is_zip(source: SourceFile) -> bool:
    return source.head.startswith(b"PK\x03\x04") or source.head.startswith(b"PK\x05\x06")


def open_zip(source: SourceFile) -> zipfile.ZipFile:
    """Open an archive and check its directory. Raises RecordError."""
    try:
        archive = zipfile.ZipFile(source.path if source.path is not None else io.BytesIO(source.data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RecordError(source.name, f"is no zip file that can be read: {error}.") from error
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise RecordError(source.name, f"holds {len(members):,} files; at most {MOST_MEMBERS:,} are read. Split it.")
    if sum(member.file_size for member in members) > LARGEST_ARCHIVE:
        raise RecordError(source.name, f"is larger than {LARGEST_ARCHIVE:,} bytes when unpacked. Split it.")
    for member in members:
        _refuse_member(source, member)
    return archive


def _refuse_member(source: SourceFile, member: zipfile.ZipInfo) -> None:
    where = f"{source.name}/{member.filename}"
    if member.file_size > LARGEST_MEMBER:
        raise RecordError(where, f"is larger than {LARGEST_MEMBER:,} bytes when unpacked. Import it by itself.")
    if member.file_size > DENSE_FROM and member.file_size > MOST_DENSE * max(1, member.compress_size):
        raise RecordError(where, f"unpacks to more than {MOST_DENSE} times its size, as no text does. It is not read.")
    if member.flag_bits & 1:
        raise RecordError(where, "is encrypted. Unpack it and import the files.")


def read_member(source: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Unpack one file, and no more of it than its directory says. Raises RecordError."""
    where = f"{source.name}/{member.filename}"
    data = bytearray()
    try:
        with archive.open(member) as file:
            while chunk := file.read(CHUNK):
                data += chunk
                if len(data) > member.file_size:
                    raise RecordError(where, "is larger than the archive says. It is not read.")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise RecordError(where, f"cannot be unpacked: {error}.") from error
    except Exception as error:  # zlib, lzma and bz2 have errors of their own
        if isinstance(error, RecordError) or type(error).__module__ not in ("zlib", "lzma", "_lzma"):
            raise
        raise RecordError(where, f"cannot be unpacked: {error}.") from error
    return bytes(data)


def holds_member(source: SourceFile, *names: str) -> bool:
    """Whether the file is an archive with such a member; False for anything that cannot be read."""
    if not is_zip(source):
        return False
    try:
        with zipfile.ZipFile(source.path if source.path is not None else io.BytesIO(source.data)) as archive:
            return any(name in archive.NameToInfo for name in names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def refuse_bomb(source: SourceFile) -> None:
    """Check an Office file as an archive. Raises RecordError."""
    open_zip(source).close()
