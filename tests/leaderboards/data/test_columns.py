import numpy as np
import pytest
from django.db.models import F, Value
from django.db.models.functions import NullIf

from annotations.models import Study
from leaderboards.data import columns
from leaderboards.data.columns import ColumnType, RowFormatError, read_columns
from models_runner.models import Dataset, Document
from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    """So that a handful of rows comes in several parts."""
    monkeypatch.setattr(columns, "CHUNK", 3)


@pytest.fixture
def documents():
    dataset = Dataset.objects.create(name="100% of “them”")
    Document.objects.bulk_create(
        Document(dataset=dataset, external_id=f"m{n}", position=n, word_count=1000 + n, content_hash=f"{n:064d}")
        for n in range(10)
    )
    return Document.objects.filter(dataset__name="100% of “them”")


def test_columns_are_what_the_rows_say(documents):
    got = read_columns(
        documents,
        key=(ColumnType.INTEGER, "pk"),
        words=(ColumnType.INTEGER, F("word_count") * -(2**40)),
        half=(ColumnType.FLOAT, F("position") / 2.0),
    )
    rows = documents.values_list("pk", "word_count", "position")
    assert sorted(zip(*(got[name].tolist() for name in ("key", "words", "half")), strict=True)) == sorted(
        (pk, -(2**40) * words, position / 2) for pk, words, position in rows
    )
    assert [got[name].dtype for name in got] == [np.int64, np.int64, np.float64]


def test_public_ids_are_two_halves():
    StudyFactory.create_batch(4)
    got = read_columns(Study.objects.all(), public_id=(ColumnType.UUID, "public_id"))["public_id"]
    there = {one.int for one in Study.objects.values_list("public_id", flat=True)}
    assert {(int(a) << 64) + int(b) for a, b in got} == there
    assert len(got) == 4


def test_no_rows_are_empty_columns(documents):
    got = read_columns(
        documents.none() | documents.filter(pk=-1), key=(ColumnType.INTEGER, "pk"), half=(ColumnType.FLOAT, "position")
    )
    assert {name: (len(values), values.dtype) for name, values in got.items()} == {
        "key": (0, np.int64), "half": (0, np.float64),
    }  # fmt: skip


@pytest.mark.parametrize("kind", [ColumnType.INTEGER, ColumnType.FLOAT])
def test_a_null_is_refused_by_name(documents, kind):
    with pytest.raises(RowFormatError, match="Column words has a NULL"):
        read_columns(documents, words=(kind, NullIf(F("position"), Value(7))))
