"""Somebody with an account."""

import pytest

from tests.accounts.helpers import account


@pytest.fixture
def maya():
    return account("researcher", username="maya")
