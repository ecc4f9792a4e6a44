"""Send a file to somebody, from a disk or as it comes from object storage."""

from typing import BinaryIO

from django.http import FileResponse

BLOCK = 1 << 18


def download(file: BinaryIO, size: int | None, name: str) -> FileResponse:
    """Return the answer that sends an open file under a name.

    size: Its bytes, where somebody knows them: a transfer that breaks off is then seen by who receives it.
    """
    response = FileResponse(file, as_attachment=True, filename=name)
    response.block_size = BLOCK
    if size is not None:
        response.headers.setdefault("Content-Length", str(size))
    return response
