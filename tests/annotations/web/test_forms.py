"""The form of a vote, whose fields all votes share."""

import uuid

from annotations.web.forms.rating import VoteForm

GIVEN = {"token": uuid.uuid4(), "criterion": "overall", "choice": "left-2", "client_key": uuid.uuid4()}


def test_a_vote_leaves_no_trace_in_the_next():
    bad = GIVEN | {"token": "none", "active_ms": -1}
    for _ in range(2):
        assert set(VoteForm(bad).errors) == {"token", "active_ms"}
        form = VoteForm(GIVEN)
        assert form.is_valid()
        assert (form.vote().choice, form.vote().strength, form.vote().active_ms) == ("left", 2, None)
    assert VoteForm(bad).fields["token"] is form.fields["token"]
