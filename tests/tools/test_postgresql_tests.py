"""Which tests are repeated on PostgreSQL: together they have the project send it every statement that it ever sends."""

import json
import random
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import Study
from tests import statements
from tests.factories import StudyFactory, make_study
from tests.people import researcher
from tools import postgresql_tests
from tools.postgresql_tests import by_function, superfluous


def line(test, *sent, seconds=1.0, marks=(), failed=False):
    seen = {"test": test, "seconds": seconds, "marks": list(marks), "statements": list(sent), "failed": failed}
    return json.dumps(seen)


def test_cases_of_a_function_count_together():
    functions = by_function([line("a.py::one[x]", "S1"), line("a.py::one[y]", "S2", seconds=2.0)])
    assert functions["a.py::one"].statements == {"S1", "S2"}
    assert functions["a.py::one"].seconds == 3.0


def test_what_others_send_is_left_out_and_the_cheaper_is_kept():
    lines = [line("a.py::dear", "S1", "S2", seconds=9.0), line("a.py::one", "S1"), line("a.py::two", "S2")]
    assert superfluous(by_function(lines)) == ["a.py::dear"]


def test_what_no_statement_shows_is_never_left_out():
    lines = [
        line("a.py::all", "S1", "S2", seconds=0.1),
        line("a.py::worker", "S1", marks=["worker"]),
        line("a.py::locks", "S1", marks=["own_transactions"]),
        line("tests/api/test_bad_input.py::nul", "S1"),
        line("a.py::failed", "S1", failed=True),
        line("a.py::page", "S1"),
    ]
    assert superfluous(by_function(lines)) == ["a.py::page"]


@pytest.mark.parametrize("seed", range(20))
def test_no_statement_is_lost(seed):
    rng = random.Random(seed)
    tests = [rng.sample(range(40), rng.randint(0, 12)) for _ in range(30)]
    lines = [line(f"a.py::t{n}", *map(str, sent), seconds=rng.random()) for n, sent in enumerate(tests)]
    functions = by_function(lines)
    left_out = superfluous(functions)
    kept = set().union(*(seen.statements for name, seen in functions.items() if name not in left_out))
    assert kept == {str(one) for sent in tests for one in sent}


@pytest.mark.parametrize("more", [False, True])
def test_with_more_those_named_stay_named_and_do_not_run(more, monkeypatch, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text(f"{postgresql_tests.HEAD}b.py::named\n")
    asked = []

    def watched(*chosen, every):
        asked.append((chosen, every))
        return [line("a.py::one", "S1"), line("a.py::two", "S1", seconds=2.0)]

    monkeypatch.setattr(postgresql_tests, "LIST", names)
    monkeypatch.setattr(postgresql_tests, "watched", watched)
    monkeypatch.setattr("sys.argv", ["tool", *(["--more"] if more else []), "-x"])
    postgresql_tests.main()
    assert asked == [(("-x",), not more)]
    assert names.read_text().splitlines()[1:] == ["a.py::two", *(["b.py::named"] if more else [])]


@pytest.fixture
def sent(monkeypatch):
    monkeypatch.setattr(statements, "sent", set())
    with connection.execute_wrapper(statements.note):
        yield statements.sent


@pytest.fixture
def all_sent(sent, monkeypatch):
    """As if the project sent what these tests send."""
    monkeypatch.setattr(statements, "sent_by_project", lambda: True)
    return sent


@pytest.mark.django_db
def test_statements_that_differ_in_numbers_and_savepoints_are_one(all_sent):
    for numbers in ([1], [2, 3]):
        with transaction.atomic():
            list(Study.objects.filter(pk__in=numbers)[: len(numbers)])
    assert len([one for one in all_sent if one.startswith("SELECT")]) == 1
    assert {one for one in all_sent if "SAVEPOINT" in one} == {'SAVEPOINT "0"', 'RELEASE SAVEPOINT "0"'}


@pytest.mark.django_db
def test_a_refusal_counts_as_another_statement(all_sent):
    StudyFactory(slug="one")
    with pytest.raises(IntegrityError), transaction.atomic():
        StudyFactory(slug="one")
    inserts = {one for one in all_sent if "annotations_study" in one and one.startswith("INSERT")}
    assert {"refused: IntegrityError" in one for one in inserts} == {True, False}


@pytest.mark.django_db
def test_what_a_test_asks_itself_counts_only_where_it_is_refused(sent):
    StudyFactory(slug="one")
    assert Study.objects.filter(slug="one").exists()
    assert sent == set()
    with pytest.raises(IntegrityError), transaction.atomic():
        StudyFactory(slug="one")
    assert [one.partition(" refused: ")[2].split()[0] for one in sent if "annotations_study" in one] == [
        "IntegrityError"
    ]


@pytest.mark.django_db
def test_what_the_project_asks_counts_from_wherever_it_is_called(sent):
    study = make_study(systems=2, documents=1)
    sent.clear()
    researcher().get(f"/boards/{study.slug}/")
    from_a_page = set(sent)
    sent.clear()
    recount_pairs(study)
    assert any("annotations_study" in one for one in from_a_page)
    assert any("annotations_paircount" in one for one in sent)


@pytest.mark.parametrize(("fixture", "counted"), [("django_db_setup", False), ("study", True)])
@pytest.mark.django_db
def test_what_makes_the_database_is_of_no_test(sent, fixture, counted):
    hook = statements.pytest_fixture_setup(SimpleNamespace(argname=fixture))
    next(hook)
    recount_pairs(make_study())
    with suppress(StopIteration):
        hook.send(None)
    assert statements.sent is sent
    assert bool(sent) == counted
