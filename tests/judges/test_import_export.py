"""Verdicts given elsewhere: what is taken, what is refused by line, and that an export is read again."""

import itertools
import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Annotator, Comparison, Judgement
from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import Judge, Verdict
from judges.report.outcomes import judged_pairs
from models_runner.models import Query, Summary
from tests.factories import DatasetFactory, make_study
from tests.judges.files import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=3, documents=2, criteria=("overall", "fluency"))


def slugs(study):
    return list(study.systems.order_by("slug").values_list("slug", flat=True))


def pair(study, **values):
    a, b, _ = slugs(study)
    document = study.dataset.documents.order_by("pk").first().external_id
    row = {"document_id": document, "criterion": "overall", "judge": "far", "model_a": a, "model_b": b,
           "shown_first": "a", "winner": "model_a"}  # fmt: skip
    return {name: value for name, value in (row | values).items() if value is not ...}


def score(study, **values):
    row = {name: value for name, value in pair(study).items() if name in ("document_id", "criterion", "judge")}
    row |= {"system": slugs(study)[0], "score": 4, "scale_min": 1, "scale_max": 5}
    return {name: value for name, value in (row | values).items() if value is not ...}


def file_of(tmp_path, *rows, name="verdicts.jsonl"):
    path = tmp_path / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def take(study, path, **options):
    call_command("import_verdicts", path, study=study.slug, **options)


def test_pairs_and_scores_of_several_judges_in_both_orders(study, tmp_path):
    rows = [
        pair(study, p_a=0.7, p_b=0.2, p_tie=0.1, reason="It is true."),
        pair(study, shown_first="b", winner="model_b"),
        pair(study, judge="near", sample=2, winner="both_bad", criterion="fluency"),
        score(study, judge="scoring"),
        score(study, judge="scoring", system=slugs(study)[1], score=2.5),
    ]
    take(study, file_of(tmp_path, *rows))
    assert Verdict.objects.count() == 5
    assert set(Judge.objects.values_list("name", "adapter", "mode")) == {
        ("far", "imported", "pair"), ("near", "imported", "pair"), ("scoring", "imported", "score"),
    }  # fmt: skip
    first = Verdict.objects.order_by("pk").first()
    comparison = Comparison.objects.get(pk=first.comparison_id)
    of_a = comparison.summary_a.run.system.slug == rows[0]["model_a"]
    assert (first.answer, first.shown_first) == (("a", "a") if of_a else ("b", "b"))
    assert (first.p_a if of_a else first.p_b) == 0.7
    # Never people's votes.
    assert not Judgement.objects.exists()
    assert not Annotator.objects.exists()


def test_a_line_may_call_either_system_a(study, tmp_path):
    a, b, _ = slugs(study)
    other = pair(study, model_a=b, model_b=a, shown_first="b", winner="model_b", p_a=0.2, p_b=0.7, judge="other")
    take(study, file_of(tmp_path, pair(study, p_a=0.7, p_b=0.2), other))
    columns = ("comparison", "shown_first", "answer", "p_a", "p_b")
    assert len(set(Verdict.objects.values_list(*columns))) == 1


def test_the_same_file_again_adds_nothing(study, tmp_path, capsys):
    path = file_of(
        tmp_path, pair(study, reason="x"), pair(study, shown_first="b", winner="none"), score(study, judge="scoring")
    )
    take(study, path)
    take(study, path)
    assert "0 verdicts of 0 judges added, 3 already there." in capsys.readouterr().out
    assert Verdict.objects.count() == 3
    assert Verdict.objects.get(answer="none").problem


WRONG = {
    "no object": ("pair", 3, "line 2: is no object"),
    "winner": ({"winner": "A"}, None, "line 2, field 'winner': is 'A'; expected one of: model_a, model_b, tie"),
    "no winner": ({"winner": ...}, None, "line 2, field 'winner': is missing"),
    "order": ({"shown_first": "left"}, None, "line 2, field 'shown_first': is 'left'; expected a or b"),
    "no order": ({"shown_first": ...}, None, "line 2, field 'shown_first': is missing"),
    "judge": ({"judge": " "}, None, "line 2, field 'judge': is empty"),
    "long judge": ({"judge": "x" * 101}, None, "line 2, field 'judge': has 101 characters"),
    "system": ({"model_a": "nobody"}, None, "line 2, field 'model_a': 'nobody' is no system of study"),
    "document": ({"document_id": "nowhere"}, None, "line 2, field 'document_id': dataset"),
    "criterion": (
        {"criterion": "taste"},
        None,
        "line 2, field 'criterion': is 'taste'; the study asks overall, fluency",
    ),
    "query": ({"query": "What?"}, None, "line 2, field 'query': document"),
    "chance": ({"p_a": 1.2, "p_b": 0}, None, "line 2, field 'p_a': is 1.2; expected a number from 0 to 1"),
    "chances": ({"p_a": 0.8, "p_b": 0.8}, None, "line 2, field 'p_a': and the other chances add up to more than 1"),
    "one chance": ({"p_a": 0.8}, None, "line 2, field 'p_b': is missing"),
    "sample": ({"sample": -1}, None, "line 2, field 'sample': is -1"),
    "unknown": ({"verdict": "A"}, None, "line 2, field 'verdict': is not known"),
    "twice": ({}, None, "line 2: judge 'far' answers the same question in verdicts.jsonl, line 1 already"),
}
WRONG_SCORES = {
    "outside": ({"score": 6}, "field 'score': is 6; expected a number from 1 to 5"),
    "no scale": ({"scale_min": ...}, "field 'scale_min': is missing"),
    "scale": ({"scale_max": 1}, "field 'scale_max': is 1; expected more than scale_min"),
    "text": ({"score": "4"}, "field 'score': is "),
    "true": ({"score": True}, "field 'score': is "),
    "system": ({"system": "nobody"}, "field 'system': 'nobody' is no system"),
    "pair": ({"winner": "tie"}, "field 'winner': is not known"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_named_and_nothing_is_imported(study, tmp_path, case):
    changed, other, message = WRONG[case]
    path = file_of(tmp_path, pair(study), other if other is not None else pair(study, **changed))
    with pytest.raises(CommandError) as refusal:
        take(study, path)
    assert message in str(refusal.value)
    assert not Verdict.objects.exists()
    assert not Judge.objects.exists()


@pytest.mark.parametrize("case", WRONG_SCORES)
def test_a_wrong_score_is_named(study, tmp_path, case):
    changed, message = WRONG_SCORES[case]
    with pytest.raises(CommandError) as refusal:
        take(study, file_of(tmp_path, score(study, judge="scoring", **changed)))
    assert f"line 1, {message}" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", '{"score": NaN}', "\x00"])
def test_a_file_without_verdicts_is_refused(study, tmp_path, text):
    path = tmp_path / "verdicts.jsonl"
    path.write_text(text)
    with pytest.raises(CommandError, match="Nothing was imported"):
        take(study, path)


def test_a_pair_that_the_study_does_not_compare_is_refused(study, tmp_path):
    Comparison.objects.filter(study=study).first().delete()
    rows = [
        pair(study, document_id=document.external_id, model_a=a, model_b=b)
        for document in study.dataset.documents.all()
        for a, b in itertools.combinations(slugs(study), 2)
    ]
    with pytest.raises(CommandError, match=r"compares no .* with .* on document"):
        take(study, file_of(tmp_path, *rows))


def test_another_verdict_never_takes_the_place_of_a_stored_one(study, tmp_path):
    take(study, file_of(tmp_path, pair(study)))
    with pytest.raises(CommandError, match="'far' has another verdict here already; it never changes"):
        take(study, file_of(tmp_path, pair(study, winner="tie"), pair(study, shown_first="b"), name="more.jsonl"))
    assert Verdict.objects.count() == 1


def asked_here(study, **values):
    engine = {"default": '{"reason": "It is true.", "verdict": "A"}'}
    job = start_judging(judge("here", adapter="scripted", context_window=4096, engine=engine, **values), study, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    return job


def test_what_was_asked_here_is_exported_and_imported_again(study, tmp_path):
    asked_here(study)
    path = tmp_path / "out.jsonl"
    call_command("export_verdicts", study.slug, output=path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == Verdict.objects.count() == 24
    assert set(rows[0]) == {
        "document_id", "criterion", "judge", "model_a", "model_b", "shown_first", "winner", "sample", "reason",
    }  # fmt: skip
    # The same study knows them; another site, where nobody knows the judge, gets the same verdicts.
    take(study, path)
    assert Verdict.objects.count() == 24
    columns = ("criterion", "comparison", "shown_first", "sample", "answer", "reason")
    before = set(Verdict.objects.values_list(*columns))
    Verdict.objects.all().delete()
    study.judging_jobs.all().delete()
    Judge.objects.all().delete()
    take(study, path)
    assert set(Verdict.objects.values_list(*columns)) == before
    call_command("export_verdicts", study.slug, output=tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == path.read_text()


def test_verdicts_of_a_judge_that_is_asked_here_come_from_nowhere_else(study, tmp_path):
    judge("far")
    with pytest.raises(CommandError, match="'far' is asked on this site itself"):
        take(study, file_of(tmp_path, pair(study)))


def test_summaries_of_queries_are_found_by_their_query(tmp_path):
    study = make_study(systems=2, documents=1, dataset=DatasetFactory())
    document = study.dataset.documents.get()
    queries = [
        Query.objects.create(document=document, position=n, text=text) for n, text in enumerate(["Why?", "Why?"])
    ]
    Summary.objects.all().update(query=queries[1])
    Comparison.objects.all().update(query=queries[1])
    row = {"document_id": document.external_id, "judge": "far", "shown_first": "a", "winner": "tie"}
    row |= dict(zip(("model_a", "model_b"), study.systems.values_list("slug", flat=True), strict=True))
    with pytest.raises(CommandError, match="2 times"):
        take(study, file_of(tmp_path, row | {"query": "Why?"}))
    take(study, file_of(tmp_path, row | {"query": "Why?", "query_number": 2}))
    call_command("export_verdicts", study.slug, output=tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["query_number"] == 2


def test_a_judge_compares_pairs_or_scores_never_both(study, tmp_path):
    message = r"line 2, field 'judge': 'far' both compares pairs and gives scores"
    with pytest.raises(CommandError, match=message):
        take(study, file_of(tmp_path, pair(study), score(study, judge="far")))
    assert not Judge.objects.exists()
    take(study, file_of(tmp_path, pair(study)))
    with pytest.raises(CommandError, match=message):
        take(study, file_of(tmp_path, score(study, judge="other"), score(study, judge="far")))
    assert Verdict.objects.count() == 1


def test_a_judge_that_an_earlier_version_let_do_both_counts_by_its_scores(study, tmp_path):
    take(study, file_of(tmp_path, pair(study)))
    far, first = Judge.objects.get(), study.comparisons.order_by("pk").first()
    criterion = study.criteria.first()
    about = {"judge": far, "study": study, "criterion": criterion, "document": first.document, "status": "done"}
    for score_given, summary in ((2, first.summary_a), (4, first.summary_b)):
        scored = {"answer": "scored", "score": score_given, "scale_min": 1, "scale_max": 5}
        Verdict.objects.create(**about, summary=summary, **scored)
    judged = judged_pairs(far, criterion)
    assert (judged.outcomes, judged.answers) == ({first.pk: "b"}, 2)
