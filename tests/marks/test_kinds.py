"""Kinds of errors: those of the project, a study's own, and which are offered."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from marks.imports.storing import import_marks
from marks.kinds.library import LIBRARY
from marks.models import MarkKind, folded
from tests.marks.files import file_of, row, study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return study_with_texts()


def offered(study):
    return list(study.mark_kinds.filter(asked=True).values_list("name", flat=True))


def test_a_study_begins_with_the_kinds_of_the_project(study, capsys):
    call_command("mark_kinds", study.slug)
    assert offered(study) == [kind.name for kind in LIBRARY]
    assert "Nobody said this in the meeting." in capsys.readouterr().out
    call_command("mark_kinds", study.slug)
    assert study.mark_kinds.count() == len(LIBRARY)


def test_own_kinds_stand_beside_them_with_their_help(study, tmp_path):
    call_command("mark_kinds", study.slug, add=["wrong amount | An amount of money."], add_whole=["no owner"])
    own = list(study.mark_kinds.order_by("-position").values_list("name", "help_text", "about")[:2])
    assert own == [("no owner", "", "whole"), ("wrong amount", "An amount of money.", "words")]
    call_command("mark_kinds", study.slug, offer=["Wrong_Amount", "invented"])
    assert offered(study) == ["invented", "wrong amount"]
    # What was offered once is a kind of the study still.
    import_marks(file_of(tmp_path, row(study, kind="language")), study)
    assert offered(study) == ["invented", "wrong amount"]


def test_a_kind_of_a_file_becomes_one_that_is_offered(study, tmp_path):
    import_marks(file_of(tmp_path, row(study, kind="invented"), row(study, kind="wrong amount")), study)
    assert offered(study) == []
    call_command("mark_kinds", study.slug, add=["Wrong amount | Money."])
    assert "invented" in offered(study)
    assert MarkKind.objects.filter(study=study, key="wrong amount").count() == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"add": [" | Help."]}, "needs a name"),
        ({"add": ["x" * 101]}, "has 101 characters; at most 100"),
        ({"add": ["ß" * 60]}, "has 120 characters; at most 100"),  # as names are compared, "ss" each
        ({"add": ["-_/"]}, "has nothing that can be read"),
        ({"add": ["\u200b"]}, "has nothing that can be read"),
        ({"add": ["wrong\x1b[31m"]}, "holds a line break or another control character"),
        ({"add": ["\u202egnorw"]}, "holds a line break or another control character"),
        ({"add": ["missing decision"]}, "'missing decision' is a kind of this study already, and is about the whole"),
        ({"add_whole": ["Invented"]}, "'Invented' is a kind of this study already, and is about words"),
        ({"add": [f"x | {'y' * 501}"]}, "has 501 characters; at most 500"),
        ({"offer": ["nonsense"]}, "'nonsense' is no kind of study"),
        ({"add": [f"kind {n}" for n in range(60)]}, "at most 60 are allowed"),
    ],
)
def test_what_cannot_be_a_kind_is_refused_and_nothing_changes(study, options, message):
    with pytest.raises(CommandError, match=message):
        call_command("mark_kinds", study.slug, **options)
    assert not study.mark_kinds.exists()


def test_marks_that_do_not_count_are_not_in_the_list(study, tmp_path, capsys):
    import_marks(file_of(tmp_path, row(study), row(study, annotator="ben")), study)
    call_command("mark_kinds", study.slug)
    assert re.search(r"wrong number or date\s+words\s+yes\s+2 ", capsys.readouterr().out)
    study.annotators.filter(pseudonym="ben").update(excluded_at=timezone.now(), exclusion_reason="x")
    call_command("mark_kinds", study.slug)
    assert re.search(r"wrong number or date\s+words\s+yes\s+1 ", capsys.readouterr().out)


def test_spellings_of_one_kind():
    assert {folded(name) for name in ("Wrong_Person", " wrong  person", "WRONG-PERSON")} == {"wrong person"}
