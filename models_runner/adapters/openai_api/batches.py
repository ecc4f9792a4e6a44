"""Order calls from a provider in batches: files of requests that are answered within a day, for less money."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from models_runner.adapters.language_model import LanguageModelAdapter
from models_runner.adapters.openai_api.engine import OpenAIEngine
from models_runner.adapters.openai_api.requests import Lesson, Shape, request_body
from models_runner.adapters.protocol import AdapterError, Prompt, SystemAdapter, TransientAdapterError, Written

WINDOW = "24h"
ENDPOINT = "/v1/chat/completions"
MARK = "punchweight"
"""The field of a batch's metadata that holds our token, by which an order is found again."""
ENDED = ("completed", "failed", "expired", "cancelled", "canceled")
PAGE, MOST_PAGES = 100, 20
MOST_RESULT_BYTES = 2 << 30
TRANSFER_SECONDS = 3600.0
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")


class GoneError(AdapterError):
    """The provider does not know this order or file any more."""


class NoListError(AdapterError):
    """The provider does not tell which orders it has."""


@dataclass(frozen=True)
class Order:
    """A batch as its provider tells of it.

    Attributes:
        id: The provider's id.
        status: Its word, such as in_progress.
        token: Our token; "" where the provider does not repeat it.
        input_file: The file of requests.
        created_at: When it was made; None where the provider does not tell.
        promised_until: When it expires; None where the provider does not tell.
        result_files: Files of answers and of faults.
        problems: What is wrong with the file of requests, in the provider's words.
    """

    id: str
    status: str
    token: str
    input_file: str
    created_at: datetime | None
    promised_until: datetime | None
    result_files: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


class BatchWriter:
    """A system that writes in batches.

    Raises:
        AdapterError: It is not behind an endpoint.
    """

    def __init__(self, adapter: SystemAdapter) -> None:
        if not isinstance(adapter, LanguageModelAdapter) or not isinstance(adapter.engine, OpenAIEngine):
            raise AdapterError(f"Adapter {adapter.name} writes in no batches; leave engine.batch out.")
        self.adapter, self.engine = adapter, adapter.engine

    def shape_record(self) -> dict[str, Any]:
        """Return what requests look like now, as JSON values."""
        shape = self.engine.shape
        return asdict(shape) | {"dropped": sorted(shape.dropped)}

    def body(self, prompt: Prompt, shape: Shape) -> dict[str, Any]:
        return self.engine.json_body(request_body(self.engine.settings, shape, prompt))

    def read(self, body: Any, prompt: Prompt, shape: Shape) -> Written:
        """Read an answer to a request that was sent in this shape. Raises AdapterError."""
        return self.engine.read(body, request_body(self.engine.settings, shape, prompt), prompt)

    def learns(self, status: int, told: str, shape: Shape) -> bool:
        """Tell whether a refusal makes another shape worth a try. Raises AdapterError, as for single requests."""
        # Which fields are sent does not depend on the prompt.
        sent = request_body(self.engine.settings, shape, Prompt("", 1))
        self.engine.learn_from(status, told, sent, shape)
        return replace(self.engine.shape, lessons=()) != replace(shape, lessons=())

    def upload(self, path: Path, name: str) -> str:
        """Hand over a file of requests; return its id."""
        with self._faults(), path.open("rb") as file:
            uploading = self.engine.client.with_options(timeout=TRANSFER_SECONDS)
            made = uploading.files.create(file=(name, file, "application/jsonl"), purpose="batch")
        return _id_of(getattr(made, "id", None), "a file")

    def order(self, input_file: str, token: str) -> Order:
        """Order a batch, without trying again: it might be ordered twice."""
        body = {
            "input_file_id": input_file,
            "endpoint": ENDPOINT,
            "completion_window": WINDOW,
            "metadata": {MARK: token},
        }
        with self._faults():
            once = self.engine.client.with_options(max_retries=0)
            return _read_order(once.post("/batches", cast_to=object, body=body))

    def find(self, input_file: str, token: str, since: datetime) -> Order | None:
        """Look for an order by our token or by its file, among those since a moment; None if there is none.

        Raises:
            NoListError: The provider does not list its orders.
        """
        after = ""
        for _ in range(MOST_PAGES):
            query = {"limit": PAGE} | ({"after": after} if after else {})
            with self._faults():
                try:
                    listed = self.engine.client.get("/batches", cast_to=object, options={"params": query})
                except self.engine.openai.APIStatusError as error:
                    if error.status_code in (404, 405, 501):
                        raise NoListError("The provider does not list its batches.") from None
                    raise
            orders = [_read_order(entry) for entry in _entries(listed)]
            for order in orders:
                if order.token == token or (input_file and order.input_file == input_file):
                    return order
            more = isinstance(listed, Mapping) and listed.get("has_more")
            if not orders or not more or all(o.created_at and o.created_at < since for o in orders):
                return None
            after = orders[-1].id
        raise NoListError(f"The provider's list of batches has no end after {MOST_PAGES * PAGE} of them.")

    def look(self, order_id: str) -> Order:
        """Ask how an order stands. Raises GoneError."""
        with self._faults():
            return _read_order(self.engine.client.get(f"/batches/{order_id}", cast_to=object))

    def cancel(self, order_id: str) -> None:
        """Cancel an order; one that has ended or is gone needs no cancelling."""
        with self._faults():
            try:
                self.engine.client.post(f"/batches/{order_id}/cancel", cast_to=object)
            except (self.engine.openai.BadRequestError, self.engine.openai.ConflictError):
                return
            except self.engine.openai.NotFoundError:
                return

    def fetch(self, file_id: str, path: Path) -> None:
        """Write a file of results to a path. Raises GoneError."""
        fetching = self.engine.client.with_options(timeout=TRANSFER_SECONDS)
        with self._faults(), path.open("ab") as file, fetching.files.with_streaming_response.content(file_id) as answer:
            _copy(answer.iter_bytes(1 << 16), file)

    def forget(self, file_id: str) -> None:
        """Delete a file at the provider, so that no transcript stays there."""
        with self._faults():
            self.engine.client.files.delete(file_id)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import httpx2

        openai = self.engine.openai
        try:
            yield
        except httpx2.HTTPError as error:
            raise TransientAdapterError(f"The provider's results broke off: {error}") from None
        except openai.APIStatusError as error:
            fault = self.engine.fault(error)
            raise (GoneError(str(fault)) if error.status_code in (404, 410) else fault) from None
        except (openai.APIError, ValueError) as error:
            # An answer that cannot be read says nothing of whether the order was taken: the next look will.
            raise TransientAdapterError(str(self.engine.fault(error))) from None


def read_shape(record: Mapping[str, Any]) -> Shape:
    """Return a shape as `shape_record` wrote it."""
    lessons = tuple(Lesson(**lesson) for lesson in record["lessons"])
    return Shape(**dict(record) | {"dropped": frozenset(record["dropped"]), "lessons": lessons})


def _copy(pieces: Iterator[bytes], file: BinaryIO) -> None:
    for piece in pieces:
        if file.tell() + len(piece) > MOST_RESULT_BYTES:
            raise AdapterError(f"The provider's results are larger than {MOST_RESULT_BYTES >> 30} GiB.")
        file.write(piece)
    file.write(b"\n")  # the next file begins on a line of its own


def _read_order(value: Any) -> Order:
    """Raises TransientAdapterError if it is none: what was ordered is found again by the next look."""
    if not isinstance(value, Mapping) or not isinstance(value.get("status"), str):
        raise TransientAdapterError(f"The provider's answer is no batch: {str(value)[:200]!r}")
    metadata = value.get("metadata")
    files = [value.get(name) for name in ("output_file_id", "error_file_id")]
    return Order(
        id=_id_of(value.get("id"), "a batch"),
        status=value["status"][:50],
        token=str(metadata.get(MARK) or "") if isinstance(metadata, Mapping) else "",
        input_file=str(value.get("input_file_id") or ""),
        created_at=_moment(value.get("created_at")),
        promised_until=_moment(value.get("expires_at")),
        result_files=tuple(_id_of(file, "a file") for file in files if file),
        problems=tuple(_problems(value.get("errors"))),
    )


def _entries(listed: Any) -> list[Any]:
    data = listed.get("data") if isinstance(listed, Mapping) else None
    if not isinstance(data, list):
        raise TransientAdapterError(f"The provider's list of batches is none: {str(listed)[:200]!r}")
    return data


def _id_of(value: Any, what: str) -> str:
    """Return an id, which becomes part of an address."""
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise TransientAdapterError(f"The provider's answer has no id of {what} that can be read: {str(value)[:80]!r}")
    return value


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) and value > 0 else None
    except (OverflowError, OSError, ValueError):
        return None


def _problems(errors: Any) -> Iterator[str]:
    data = errors.get("data") if isinstance(errors, Mapping) else None
    for error in data if isinstance(data, list) else ():
        if isinstance(error, Mapping):
            yield " ".join(str(error[name]) for name in ("code", "param", "message") if error.get(name))[:1000]
