"""Values that are written past the models: as Django writes them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from lib.sql import moments, next_keys, random_uuids, uuid_digits
from models_runner.models import Dataset


def test_random_uuids_are_of_version_4():
    keys = [uuid.UUID(text) for text in uuid_digits(random_uuids(500))]
    assert {(key.version, key.variant) for key in keys} == {(4, uuid.RFC_4122)}
    assert len(set(keys)) == 500
    assert keys == sorted(keys)
    assert uuid_digits(random_uuids(0)) == []


@pytest.mark.parametrize(
    "microseconds", [0, 1, 500_000, 1_700_000_000_000_000, 1_700_000_000_500_001, 32_503_679_999_999_999]
)
def test_a_moment_is_written_as_django_does(microseconds):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert moments([microseconds]) == [str(moment.replace(tzinfo=None))]


@pytest.mark.django_db
@pytest.mark.database
def test_keys_for_new_rows_are_nobody_elses():
    stored = Dataset.objects.create(name="before")
    with transaction.atomic():
        keys = next_keys(Dataset, 3)
        Dataset.objects.bulk_create(Dataset(pk=pk, name=f"{pk}") for pk in keys)
    assert sorted({stored.pk, *keys}) == [stored.pk, *keys]
    assert Dataset.objects.create(name="after").pk > keys[-1]
