"""A door in front of a server that can be shut: what a restart looks like to those who are connected."""

import socket
import threading
from contextlib import contextmanager, suppress


class Door:
    def __init__(self, port):
        self._target, self._sockets, self._open = port, [], True
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if not self._open:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, sink):
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def shut(self):
        """Cut everybody off and let nobody in."""
        self._open = False
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def open(self):
        self._open = True

    def close(self):
        self.shut()
        self._server.close()


@contextmanager
def door(port):
    made = Door(port)
    try:
        yield made
    finally:
        made.close()
