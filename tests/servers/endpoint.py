"""A small server that speaks as much of the OpenAI protocol as a test needs, with faults."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Endpoint:
    """answer: called with the request's body and headers; returns (status, headers, body), the body as JSON or text.

    models: the names in its list of models; None where it has no such list.
    """

    def __init__(self, answer, models=None):
        self.answer, self.models, self.requests = answer, models, []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.requests.append((self.path, headers, body))
                self.send(*endpoint.answer(body, self.headers))

            def do_GET(self):
                listed = [{"id": name, "object": "model"} for name in endpoint.models or ()]
                known = endpoint.models is not None and self.path == "/v1/models"
                self.send(*((200, {}, {"object": "list", "data": listed}) if known else (404, {}, "Not found")))

            def send(self, status, headers, content):
                data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
                try:
                    self.send_response(status)
                    for name, value in ({"Content-Type": "application/json"} | headers).items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except ConnectionError:
                    pass  # a client that waited long enough is gone

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@contextmanager
def endpoint(answer, models=None):
    made = Endpoint(answer, models)
    threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


def completion(text="A summary.", *, reason="stop", prompt_tokens=50, **message):
    """An answer as servers give it."""
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [
            {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text} | message}
        ],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": 3, "total_tokens": prompt_tokens + 3},
    }  # fmt: skip


def always(status, content, **headers):
    return lambda body, sent: (status, headers, content)


def in_turn(*answers):
    """The answers one after the other, the last one for good."""
    waiting = list(answers)
    return lambda body, sent: (waiting.pop(0) if len(waiting) > 1 else waiting[0])(body, sent)


def slow(seconds, answer):
    def wait(body, sent):
        time.sleep(seconds)
        return answer(body, sent)

    return wait
