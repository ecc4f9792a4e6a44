"""What a browser sends while somebody rates."""

import uuid

from django.urls import reverse


def rate_url(study):
    return reverse("rate", args=[study.public_id])


def held(annotator):
    return annotator.assignments.get(state="leased")


def fields(annotator, **changes):
    answer = {
        "token": held(annotator).token,
        "criterion": "overall",
        "choice": "left",
        "client_key": uuid.uuid4(),
        "lead_time_ms": 4200,
    }
    return {name: value for name, value in (answer | changes).items() if value is not None}


def vote(client, study, data, *, as_json=True):
    headers = {"Accept": "application/json"} if as_json else {}
    return client.post(reverse("vote", args=[study.public_id]), data, headers=headers)


def post(client, study, name, data, *, as_json=True):
    headers = {"Accept": "application/json"} if as_json else {}
    return client.post(reverse(name, args=[study.public_id]), data, headers=headers)


def remark(annotator, **changes):
    said = {"token": held(annotator).token, "kind": "comment", "text": "Clear.", "client_key": uuid.uuid4()}
    return said | changes
