"""How a process starts, before it does any work."""

import gc

import pytest
from django.apps import apps


@pytest.fixture
def _as_before():
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


def test_garbage_is_collected_again_once_the_site_is_loaded(_as_before):
    gc.disable()
    made = [[] for _ in range(1_000)]
    frozen = gc.get_freeze_count()
    apps.get_app_config("evalsite").ready()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(made)
