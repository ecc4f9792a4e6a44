"""What people and workers of a site do, told by addresses and tasks: it knows no module of the project, so any version's code does it.

    cd OLDER_CODE && python older_acts.py HANDED

test_older_code.py puts it into the code of the version before and runs it there, beside a site that the present code
began. HANDED is a JSON file: what the present code hands over, and then what was told here.
"""

import json
import os
import re
import sys
import uuid
from collections import Counter
from pathlib import Path

PAIR = re.compile(r'data-token="([0-9a-f-]{36})"')
INVITATION = re.compile(r"/join/[^/\"<\s]+/")
PASSWORD = "a password of some length"
CHOICES = ("left", "right", "tie")
# They load PyTorch, which takes longer than all else; they fill a table of their own.
TOO_DEAR = ("find_evidence",)


class Workers:
    """In place of the broker: a list of the messages that were sent, and a worker that takes them one by one."""

    def __init__(self, messages=()):
        from evalsite.celery import app

        app.loader.import_default_modules()
        self.app, self.messages, self.done = app, [tuple(message) for message in messages], Counter()
        self._send_task = app.send_task
        app.send_task = self._take

    def _take(self, task, args=(), **options):
        self.messages.append((task, list(args)))

    def work(self):
        while self.messages:
            task, args = self.messages.pop(0)
            if task.endswith(TOO_DEAR):
                continue
            self.app.tasks[task].apply(args=args, throw=True)
            self.done[task] += 1

    def leave(self):
        self.app.send_task = self._send_task


def ok(answer):
    assert answer.status_code < 400, (answer.status_code, answer.request["PATH_INFO"], answer.content.decode()[:500])
    return answer


class Api:
    def __init__(self, token):
        from django.test import Client

        self._client, self._headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {token}"}

    def get(self, path):
        return ok(self._client.get(f"/api/v1{path}", headers=self._headers))

    def post(self, path, body=None, content_type="application/json"):
        data = body if isinstance(body, str) else json.dumps(body or {})
        return ok(self._client.post(f"/api/v1{path}", data, content_type=content_type, headers=self._headers)).json()

    def upload(self, path, rows):
        return self.post(path, "\n".join(json.dumps(row) for row in rows), content_type="application/jsonl")


def begin_runs(api, name, documents=4):
    """A dataset, two systems and a run of each; nothing is written yet. Returns the systems."""
    turns = [{"speaker": "Maya", "content": "We ship on Friday."}, {"speaker": "Leo", "content": "The tests fail."}]
    rows = [{"id": f"m{n}", "transcript": turns} for n in range(documents)]
    api.upload(f"/datasets/{name}/documents", rows)
    about = {"adapter": "scripted", "regime": "zero-shot"}
    systems = [f"{name}-{number}" for number in range(2)]
    for slug in systems:
        text = "It ships on {document_id} Friday, says " + slug[-1]
        api.post("/systems", {"slug": slug, "name": slug, "engine": {"default": text}} | about)
        api.post("/runs", {"system": slug, "dataset": name})
    return systems


def begin_study(api, name, systems):
    criteria = {"criteria": ["overall"], "quota": 2, "ask_marks": "optional"}
    api.post("/studies", {"slug": name, "dataset": name, "systems": systems} | criteria)


def logged_in(username):
    """By the login's page."""
    from django.test import Client
    from django.urls import reverse

    browser = Client(SERVER_NAME="localhost")
    answer = ok(browser.post(reverse("login"), {"username": username, "password": PASSWORD}))
    assert answer.status_code == 302, answer.content.decode()[:500]
    return browser


def invitation(browser, slug):
    """The address that an owner gives to people."""
    from django.urls import reverse

    page = ok(browser.post(reverse("invite", args=[slug]), {"kind": "link"}, follow=True)).content.decode()
    return INVITATION.search(page)[0]


class Person:
    """Somebody without an account who rates; what the site acknowledged is kept."""

    def __init__(self, address="", session="", acknowledged=()):
        from django.conf import settings
        from django.test import Client

        self._browser, self._address = Client(SERVER_NAME="localhost"), address
        if session:
            self._browser.cookies[settings.SESSION_COOKIE_NAME] = session
        self.acknowledged = dict(acknowledged)

    def join(self, address):
        ok(self._browser.get(address))
        answer = ok(self._browser.post(address, follow=True))
        self._address = answer.request["PATH_INFO"]

    def handed(self):
        from django.conf import settings

        session = self._browser.cookies[settings.SESSION_COOKIE_NAME].value
        return {"address": self._address, "session": session, "acknowledged": self.acknowledged}

    def pair(self):
        """The key of the pair before the person; None when there is none."""
        page = ok(self._browser.get(self._address)).content.decode()
        found = PAIR.search(page)
        return found and found[1]

    def say(self, name, **fields):
        fields = {"client_key": str(uuid.uuid4())} | fields
        return ok(self._browser.post(f"{self._address}{name}", fields, headers={"accept": "application/json"}))

    def vote(self, choice, token=""):
        token = token or self.pair()
        assert token, "there is no pair to rate"
        self.say("vote", token=token, criterion="overall", choice=choice)
        self.acknowledged[token] = choice
        return token

    def mark(self, token):
        self.say("marks/add", token=token, side="left", error_kind="missing decision", severity="minor")

    def ahead(self, token):
        ok(self._browser.get(f"{self._address}next?after={token}"))

    def undo(self, token):
        self.say("undo")
        del self.acknowledged[token]

    def skip(self):
        self.say("remark", token=self.pair(), kind="skip", reason="other")

    def rate(self):
        """Every way to answer, and then whatever is left."""
        token = self.vote("left")
        self.vote("right", token)
        self.undo(token)
        self.skip()
        token = self.pair()
        self.ahead(token)
        self.mark(token)
        self.vote("left", token)
        while token := self.pair():
            self.vote(CHOICES[len(self.acknowledged) % 3], token)


def ask_for_everything(browser, api, slug, workers):
    """Boards, quality, people and a release, which workers make, and exported votes."""
    from django.urls import reverse

    for name in ("board", "report", "study-quality", "study-people", "disagreements", "study-pairs", "board"):
        ok(browser.get(reverse(name, args=[slug])))
        workers.work()
    exported = ok(browser.post(reverse("start-export", args=[slug]), {"format": "jsonl", "votes": "majority"}))
    assert b"".join(exported.streaming_content).count(b"\n") >= 3
    api.post(f"/studies/{slug}/releases", {"name": "Votes", "licence": "MIT", "version": "1.0"})
    workers.work()
    api.post(f"/studies/{slug}/releases/1.0/publish")


def do_everything(handed):
    """Go on with what the present code began, do the same by ourselves, and leave something to go on with."""
    workers = Workers(handed["messages"])
    workers.work()
    api, browser = Api(handed["token"]), logged_in(handed["username"])
    person = Person(**handed["person"])
    person.rate()
    systems = begin_runs(api, "older")
    workers.work()
    begin_study(api, "older", systems)
    own, late = Person(), Person()
    own.join(invitation(browser, "older"))
    own.rate()
    ask_for_everything(browser, api, "present", workers)
    late.join(invitation(browser, "older"))
    late.ahead(late.vote("left"))
    begin_runs(api, "unwritten")
    people = [each.handed() for each in (person, own, late)]
    return {"people": people, "messages": workers.messages, "did": dict(workers.done)}


def main():
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "evalsite.settings"
    django.setup()
    from django.conf import settings

    # As those of the tests: pages render without collected files, and passwords are hashed quickly.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    file = Path(sys.argv[1])
    file.write_text(json.dumps(do_everything(json.loads(file.read_text()))))


if __name__ == "__main__":
    main()
