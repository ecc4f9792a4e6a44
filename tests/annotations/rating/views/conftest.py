"""A study, somebody who joined it in a browser, and the page with the first pair."""

import pytest

from annotations.people.links import invitation_path
from tests.annotations.rating.views.helpers import rate_url
from tests.factories import make_study


@pytest.fixture
def study():
    return make_study(systems=3, documents=2)


@pytest.fixture
def annotator(client, study):
    """Joined through the invitation with `client`."""
    client.post(invitation_path(study))
    return study.annotators.get()


@pytest.fixture
def page(client, study, annotator):
    """The rating page with the first pair open."""
    return client.get(rate_url(study))
