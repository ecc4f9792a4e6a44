"""A mail server for tests: it speaks SMTP on a port of this machine and keeps what it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue


@dataclass(frozen=True)
class Received:
    """A mail as it came: for whom the envelope is, and what the message says."""

    to: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        return self.message.get_content()


class _Session(socketserver.StreamRequestHandler):
    """One connection: the commands that a client of mail sends, and refusals of addresses that the test names."""

    server: "MailServer"

    def handle(self) -> None:
        self._say("220 test ESMTP")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._say("250 test")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    if address in self.server.refused:
                        self._say("550 5.1.1 nobody of this name")
                        continue
                    recipients.append(address)
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go on")
                    self.server.inbox.put(Received(recipients, message_from_bytes(self._data(), policy=policy.default)))
                    recipients = []
                    self._say("250 kept")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port; `next_mail` waits for the next one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.inbox: Queue[Received] = Queue()
        self.refused: set[str] = set()

    @property
    def url(self) -> str:
        """What EMAIL_URL is for it."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def next_mail(self) -> Received:
        return self.inbox.get(timeout=20)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
