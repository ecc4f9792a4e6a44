"""A small server that speaks the OpenAI protocol's batches: files, orders, results, with faults."""

import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.servers.endpoint import completion


class BatchServer:
    """Answers every line of an order when it is first asked about, unless `open_looks` says how many looks later.

    Attributes:
        answer: Called with a line's body; returns (status, body) as the endpoint would.
        edit: Called with the lines of results; returns those that are handed over, as values or as text.
        faults: Answers given first, by "METHOD path": (status, JSON), a list for several in turn.
        after: Called with "METHOD path" once a request was carried out and before it is answered.
        ends: The status in which orders end.
        seen: "METHOD path" of every request, ids as *.
        orders, files: What it keeps, by id.
    """

    def __init__(self):
        self.answer = lambda body: (200, completion())
        self.edit = lambda lines: lines
        self.after = lambda what: None
        self.faults, self.ends, self.problems, self.open_looks = {}, "completed", None, 0
        self.seen, self.orders, self.files, self.repeats_metadata = [], {}, {}, True
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                path = self.path.partition("?")[0].removeprefix("/v1")
                what = f"{self.command} {re.sub(r'(file|batch)_[0-9]+', '*', path)}"
                data = self.rfile.read(int(self.headers["Content-Length"] or 0))
                server.seen.append(what)
                if waiting := server.faults.get(what):
                    self.send(*waiting.pop(0))
                    return
                answer = server.carry_out(self.command, path, data)
                server.after(what)
                self.send(*answer)

            do_GET = do_POST = do_DELETE = handle_any

            def send(self, status, content):
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except ConnectionError:
                    pass

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def times(self, what):
        return self.seen.count(what)

    def requests(self):
        """The bodies of all lines that were ordered, in order."""
        return [json.loads(line)["body"] for o in self.orders.values() for line in o["lines"]]

    def carry_out(self, method, path, data):
        parts = path.strip("/").split("/")
        if (method, path) == ("POST", "/files"):
            return 200, self.keep(re.search(rb"\r\n\r\n(\{.*?\n)\r?\n?--", data, re.DOTALL)[1])
        if (method, path) == ("POST", "/batches"):
            return 200, self.shown(self.take_order(json.loads(data)))
        if (method, path) == ("GET", "/batches"):
            newest_first = [self.shown(o) for o in reversed(self.orders.values())]
            return 200, {"object": "list", "data": newest_first, "has_more": False}
        if parts[0] == "batches" and parts[1] in self.orders:
            order = self.orders[parts[1]]
            if parts[2:] == ["cancel"]:
                order["status"] = "cancelling"
            else:
                self.look(order)
            return 200, self.shown(order)
        if parts[0] == "files" and parts[1] in self.files:
            if method == "DELETE":
                del self.files[parts[1]]
                return 200, {"id": parts[1], "deleted": True}
            return 200, self.files[parts[1]]
        return 404, {"error": {"message": f"No such thing: {path}"}}

    def keep(self, data):
        name = f"file_{len(self.files) + 100 * len(self.orders)}"
        self.files[name] = data
        return {"id": name, "object": "file", "bytes": len(data), "filename": "f", "purpose": "batch", "created_at": 1}

    def take_order(self, body):
        name = f"batch_{len(self.orders)}"
        lines = self.files[body["input_file_id"]].splitlines()
        self.orders[name] = body | {
            "id": name, "status": "validating", "created_at": int(time.time()), "looks": 0, "lines": lines,
            "expires_at": int(time.time()) + 86400,
        }  # fmt: skip
        return self.orders[name]

    def shown(self, order):
        hidden = {"looks", "lines"} | (set() if self.repeats_metadata else {"metadata"})
        return {name: value for name, value in order.items() if name not in hidden} | {"object": "batch"}

    def look(self, order):
        order["looks"] += 1
        if order["status"] not in ("validating", "in_progress", "cancelling"):
            return
        if order["looks"] <= self.open_looks:
            order["status"] = "in_progress"
            return
        order["status"] = "cancelled" if order["status"] == "cancelling" else self.ends
        if self.problems:
            order["errors"] = {"object": "list", "data": self.problems}
            return
        lines = [self.result(json.loads(line)) for line in order["lines"]]
        edited = self.edit(lines)
        data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in edited)
        if data:
            order["output_file_id"] = self.keep(data)["id"]

    def result(self, line):
        status, body = self.answer(line["body"])
        response = {"status_code": status, "request_id": "r", "body": body}
        return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}


@contextmanager
def batch_server():
    made = BatchServer()
    threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
