"""Summaries wait outside the memory while a file is imported, and come in batches, all or none."""

import json
import tracemalloc

import pytest

from models_runner.importing import spool, summaries
from models_runner.importing.records import DatasetImportError
from models_runner.importing.spool import PartedSpool
from models_runner.importing.summaries import Defaults, import_summaries
from models_runner.models import Run, Summary, System
from tests.factories import DatasetFactory, DocumentFactory

SYSTEMS = ("one", "two", "three")


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def dataset(monkeypatch):
    monkeypatch.setattr(summaries, "AT_ONCE", 3)
    monkeypatch.setattr(spool, "IN_MEMORY", 100)
    dataset = DatasetFactory(name="meetings")
    for n in range(8):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    return dataset


def records(text="Summary of m{n} by {system}."):
    """Systems mixed, as a release has them."""
    return [
        {"document_id": f"m{n}", "system": system, "summary": text.format(n=n, system=system)}
        for n in range(8)
        for system in SYSTEMS
    ]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.django_db
def test_systems_that_are_mixed_in_a_file_get_their_own_summaries(dataset, tmp_path):
    done = import_summaries(write(tmp_path / "s.jsonl", records()), dataset, Defaults())
    assert [(part.run.system.slug, part.added) for part in done] == [(system, 8) for system in SYSTEMS]
    for row in Summary.objects.select_related("run__system", "document"):
        assert row.text == f"Summary of {row.document.external_id} by {row.run.system.slug}."
    again = import_summaries(write(tmp_path / "s.jsonl", records()), dataset, Defaults())
    assert [(part.added, part.unchanged) for part in again] == [(0, 8)] * 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("last", "message"),
    [
        ({"document_id": "m9", "system": "two", "summary": "x"}, "line 25, field 'document_id': dataset meetings has"),
        ({"document_id": "m0", "system": "two", "summary": "x"}, "line 25: .* was summarized before, in s.jsonl, line"),
        ({"document_id": "m0", "system": "two"}, "line 25, field 'summary': is missing"),
        ({"document_id": "m0", "system": "two", "summary": "x", "parameters": 5}, "line 25, field 'parameters'"),
    ],
)
def test_a_fault_in_the_last_line_stores_nothing(dataset, tmp_path, last, message):
    with pytest.raises(DatasetImportError, match=message):
        import_summaries(write(tmp_path / "s.jsonl", [*records(), last]), dataset, Defaults())
    assert not Summary.objects.exists()
    assert not Run.objects.exists()
    assert not System.objects.filter(slug__in=SYSTEMS).exists()


@pytest.mark.django_db
@pytest.mark.once("looks at memory")
def test_the_texts_of_a_file_are_never_in_memory_together(dataset, tmp_path):
    rows = records(text="{system} {n} " + "long words " * 2_000)
    path = write(tmp_path / "s.jsonl", [row | {"system": f"{row['system']}-{n}"} for n in range(4) for row in rows])
    size = path.stat().st_size
    tracemalloc.start()
    import_summaries(path, dataset, Defaults())
    import_summaries(path, dataset, Defaults())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 2
    assert Summary.objects.count() == 96


@pytest.mark.parametrize("in_memory", [1, 10**6])
def test_a_spool_of_parts_gives_back_each_part_in_its_order(monkeypatch, in_memory):
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    with PartedSpool() as kept:
        for number in range(9):
            kept.append("abc"[number % 3], {"number": number, "text": "x" * number})
        assert kept.parts() == ["a", "b", "c"]
        assert [value["number"] for _, value in kept.of("b")] == [1, 4, 7]
        places = [place for place, _ in kept.of("b")]
        kept.append("b", {"number": 9})  # also after it was read
        assert kept.at(places[1])["number"] == 4
        assert [value["number"] for value in kept] == list(range(10))
        assert len(kept) == 10
