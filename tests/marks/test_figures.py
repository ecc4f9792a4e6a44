"""What analyse says of a study's marks, against numbers worked by hand from the rows."""

import itertools
import json

import numpy as np
import pytest
from django.core.management import call_command

from annotations.models import Annotator
from lib.language import word_spans, words
from marks.imports.storing import import_marks
from marks.models import Mark, Reading, Withdrawal
from marks.report.figures import mark_figures
from models_runner.models import System
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory
from tests.marks.files import TEXT, documents, file_of, row, slugs, study_with_texts, whole

pytestmark = pytest.mark.django_db


def marked_study(tmp_path, *, of_documents=6, **values):
    """The first system has a wrong date in every summary by everybody, and misses a decision in half of them."""
    study = study_with_texts(systems=2, documents=of_documents, **values)
    small, large = slugs(study)
    rows = [
        row(study, document_id=document, annotator=who, system=small)
        for document, who in itertools.product(documents(study), ("ana", "ben", "cho"))
    ]
    rows += [whole(study, document_id=name, system=small, severity="minor") for name in documents(study)[::2]]
    rows += [
        row(study, document_id=name, system=large, kind="language", severity="minor") for name in documents(study)[:1]
    ]
    import_marks(file_of(tmp_path, *rows), study)
    System.objects.filter(slug=small).update(parameters=1_000_000_000)
    System.objects.filter(slug=large).update(parameters=70_000_000_000)
    return study


def test_rates_by_kind_and_system_are_those_of_the_rows(tmp_path):
    study = marked_study(tmp_path)
    found = mark_figures(study)
    length = len(words(TEXT, "en"))
    assert (found["readings"], found["summaries"], found["marks"], found["major"]) == (36, 12, 22, 18)
    small, large = found["systems"]
    assert small["errors_per_summary"]["value"] == pytest.approx(21 / 18)
    assert small["errors_per_100_words"]["value"] == pytest.approx(100 * 21 / (18 * length))
    assert (small["share"]["value"], small["major_share"]["value"]) == (1, 1)
    missing = small["kinds"]["missing decision"]
    assert (missing["share"]["value"], missing["major_share"]["value"]) == (pytest.approx(3 / 18), 0)
    assert large["errors_per_summary"]["value"] == pytest.approx(1 / 18)
    assert large["kinds"]["wrong number or date"]["major_share"]["value"] == 0
    assert 0 < large["kinds"]["wrong number or date"]["major_share"]["upper"] < 1
    assert found["kinds"] == ["wrong number or date", "missing decision", "language"]


def test_the_small_is_held_against_the_large(tmp_path):
    study = marked_study(tmp_path)
    found = mark_figures(study)["small_large"]
    assert (found["small"], found["large"], found["reason"]) == ([slugs(study)[0]], [slugs(study)[1]], "")
    gap = found["kinds"]["wrong number or date"]["major_share"]["difference"]
    assert gap["value"] == 1
    assert gap["lower"] > 0.2
    study.small_system, study.large_system = (System.objects.get(slug=slug) for slug in reversed(slugs(study)))
    study.pair_named_at = "2026-01-01T00:00Z"
    study.save()
    assert mark_figures(study)["small_large"]["kinds"]["language"]["share"]["difference"]["value"] > 0
    study.small_system = study.large_system = study.pair_named_at = None
    study.save()
    System.objects.update(parameters=None)
    assert "names no small and large system" in mark_figures(study)["small_large"]["reason"]


def test_what_was_taken_back_or_excluded_is_in_no_figure(tmp_path):
    study = marked_study(tmp_path)
    Annotator.objects.filter(pseudonym="ben").update(excluded_at="2026-01-01T00:00Z", exclusion_reason="Guesses.")
    Withdrawal.objects.create(mark=Mark.objects.get(kind__name="language"))
    found = mark_figures(study)
    assert (found["readings"], found["marks"], found["annotators"]) == (24, 15, 2)
    assert "language" not in found["kinds"]


def test_agreement_is_that_of_the_marked_words(tmp_path):
    study = study_with_texts(systems=2, documents=4)
    maya = {"start": 0, "end": 4, "text": "Maya", "kind": "wrong person"}
    rows = [row(study, document_id=name, annotator=who) for name in documents(study) for who in ("ana", "ben")]
    rows += [row(study, document_id=name, annotator="ana", **maya) for name in documents(study)[:2]]
    import_marks(file_of(tmp_path, *rows), study, only_marked=True)
    found = mark_figures(study)["agreement"]
    assert found["kinds"]["wrong number or date"]["span_f1"]["value"] == 1
    assert found["kinds"]["wrong person"]["span_f1"]["value"] == 0
    # Monday (6 characters) is shared in four summaries, Maya (4) was marked by one reader in two of them.
    assert found["span_f1"]["value"] == pytest.approx(2 * 6 * 4 / (2 * 6 * 4 + 4 * 2))
    # Alpha over words, from its definition: 2 readers, values marked and not.
    n, split = len(word_spans(TEXT)) * 4, 2
    ones = 2 * 4 + 2
    expected = 1 - (2 * split / (2 * n)) / (2 * ones * (2 * n - ones) / (2 * n * (2 * n - 1)))
    assert found["alpha"]["value"] == pytest.approx(expected)
    assert found["summaries"] == 4


def test_votes_are_held_against_the_errors_of_both_sides(tmp_path):
    study = marked_study(tmp_path)
    for number in range(3):
        rate_everything(AnnotatorFactory(study=study, number=50 + number))
    found = mark_figures(study)["losing"]
    assert "not a cause" in found["note"]
    overall = found["criteria"]["overall"]
    assert overall["votes"] == 18
    assert set(overall["log_odds_of_losing"]) == set(mark_figures(study)["kinds"])
    assert 0 <= overall["foretold"]["value"] <= 1
    a_is_small = np.array([pair.summary_a.run.system.slug == slugs(study)[0] for pair in study.comparisons.all()])
    assert a_is_small.any()


def test_a_study_without_marks_says_so_and_analyse_has_them(tmp_path, capsys):
    study = marked_study(tmp_path)
    call_command("analyse", study.slug, format="json")
    found = json.loads(capsys.readouterr().out)["marks"]
    assert found == json.loads(json.dumps(mark_figures(study)))
    Mark.objects.all().delete()
    Reading.objects.all().delete()
    assert mark_figures(study)["reason"].startswith("too few to say: nobody read")


def test_few_statements_however_many_marks(tmp_path, django_assert_max_num_queries):
    study = marked_study(tmp_path, of_documents=20)
    with django_assert_max_num_queries(14):
        mark_figures(study)
