"""Values that are written past the models: as Django writes them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from lib.sql import adding_many_rows, fetch, moments, next_keys, random_uuids, uuid_digits
from models_runner.models import Dataset, Document


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


def setting():
    return fetch("SHOW enable_seqscan" if connection.vendor == "postgresql" else "PRAGMA cache_size")


@pytest.mark.django_db
@pytest.mark.database
def test_the_database_is_set_up_for_many_rows_and_as_it_was_after_them():
    before = setting()
    with adding_many_rows():
        assert setting() != before
    assert setting() == before


@pytest.mark.django_db(transaction=True)
def test_rows_that_refer_to_nothing_are_refused():
    """On SQLite when the transaction ends, on PostgreSQL with the last row: while it is set up for that."""
    before = setting()
    with pytest.raises(IntegrityError), transaction.atomic():
        with adding_many_rows():
            Document.objects.bulk_create([Document(dataset_id=9, external_id="m", position=0, content_hash="0" * 64)])
        assert connection.vendor == "sqlite"
    assert setting() == before
    assert not Document.objects.exists()
