"""Requests as a program makes them."""

import json
import uuid

from django.test import Client

from api.models.tokens import Scope
from api.tokens import make_token
from tests.factories import UserFactory

BASE = "/api/v1"


class Program:
    """Sends a token with every request; the answers of the last one are kept."""

    def __init__(self, text, *, raise_errors=True):
        self.text = text
        self.client = Client(raise_request_exception=raise_errors)
        self.headers = {"Authorization": f"Bearer {text}"} if text else {}

    def get(self, path, query=None, **headers):
        return self.client.get(BASE + path, query or {}, headers=self.headers | headers)

    def post(self, path, body=None, *, content_type="application/json", **headers):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body if body is not None else {})
        return self.client.post(BASE + path, data, content_type=content_type, headers=self.headers | headers)

    def delete(self, path, **headers):
        return self.client.delete(BASE + path, headers=self.headers | headers)

    def upload(self, path, rows, **headers):
        lines = "\n".join(json.dumps(row) for row in rows)
        return self.post(path, lines, content_type="application/jsonl", **headers)


def program(user=None, scope=Scope.ADMIN, **settings):
    """Of this account, or of a new member of staff."""
    owner = user or UserFactory(is_staff=True)
    return Program(make_token(owner, "test", scope, **settings)[1])


def rater(annotator, owner=None):
    """May rate as this annotator."""
    owner = owner or UserFactory(is_staff=True)
    return Program(make_token(owner, "test", Scope.ANNOTATE, annotator=annotator)[1])


def error_of(response):
    return response.json()["error"]


def document(name="m1", **fields):
    turns = [{"speaker": "Maya", "content": f"We ship the {name} on Friday."}, {"speaker": "Leo", "content": "Good."}]
    return {"id": name, "transcript": turns, "references": [f"The {name} ships on Friday."]} | fields


def new_key():
    return str(uuid.uuid4())
