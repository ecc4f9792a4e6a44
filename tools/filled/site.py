"""The site as people and programs reach it, and the folder in which its answers are kept."""

import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.filled import tidy


@dataclass
class FilledSite:
    """The site under its addresses, as a researcher in a browser and as programs with tokens."""

    manifest: dict[str, Any]
    into: Path
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        from django.contrib.auth import get_user_model

        self.browser = self.new_browser()
        self.browser.force_login(get_user_model().objects.get(username="researcher"))
        self.names: set[str] = set()
        self.code_version = json.loads(self.get("/boards/queries/board.json"))["code_version"]

    def new_browser(self) -> Any:
        from django.test import Client

        return Client(SERVER_NAME="localhost", headers={"user-agent": "Browser"})

    # ---- asking

    def get(self, address: str, browser: Any = None) -> bytes:
        return _answer((browser or self.browser).get(address))

    def post(self, address: str, values: Mapping[str, object], browser: Any = None) -> bytes:
        return _answer((browser or self.browser).post(address, values))

    def api(self, path: str, body: object = None, *, who: str = "staff", method: str = "") -> bytes:
        method = method or ("get" if body is None else "post")
        headers = {"Authorization": f"Bearer {self.manifest['links'][f'token:{who}']}"}
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return _answer(getattr(self.browser, method)(f"/api/v1{path}", headers=headers, **sent))

    def read(self, path: str, **how: Any) -> Any:
        return json.loads(self.api(path, **how))

    # ---- keeping

    def keep(self, name: str, content: bytes) -> None:
        if name in self.written:
            raise SystemExit(f"{name} is written twice.")
        self.written.append(name)
        path = self.into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tidy.code_version(content, self.code_version))

    def keep_page(self, name: str, content: bytes) -> None:
        self.keep(f"{name}.figures", tidy.figures(content, self.names))

    def keep_json(self, name: str, content: bytes) -> None:
        self.keep(f"{name}.json", tidy.sorted_json(content))


def _answer(response: Any) -> bytes:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code in (301, 302):
        return f"HTTP {response.status_code} to {response['Location']}\n".encode()
    return content if response.status_code == 200 else f"HTTP {response.status_code}\n".encode() + content


def command(*arguments: str) -> bytes:
    """What a management command prints; what it refuses is printed as well."""
    from django.core.management import CommandError, call_command

    printed, noted = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=printed, stderr=noted)
    except CommandError as error:
        noted.write(f"CommandError: {error}\n")
    return (printed.getvalue() + noted.getvalue()).encode()


def written_by(*arguments: str) -> bytes:
    """The file that a command writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written"
        said = command(*arguments, "--output", str(path))
        return path.read_bytes() if path.exists() else said


def forget_stored() -> None:
    from django.db import connection

    tables = [name for name in connection.introspection.table_names() if name.endswith("boardsnapshot")]
    if len(tables) != 1:
        raise SystemExit(f"Expected one table of board snapshots, found {tables}. If it was renamed, change this line.")
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{tables[0]}"')
