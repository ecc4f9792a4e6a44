"""A pair to attack."""

import pytest

from tests.factories import (
    make_study,
)


@pytest.fixture
def comparison():
    return make_study(systems=2, documents=1, quota=2).comparisons.get()
