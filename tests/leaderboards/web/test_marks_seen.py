"""Do the metrics see what people mark? The part of the Trust page, its JSON, analyse, and when it is computed anew."""

import json
import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from annotations.models import SummaryEvidence
from annotations.models.evidence import METHOD
from leaderboards.boards.analysis import marked
from leaderboards.models import BoardSnapshot
from leaderboards.presentation.trust.marks import NO_METRIC, NONE_SEES, marks_seen_context
from leaderboards.snapshots.serve import get_snapshot
from marks.imports.storing import import_marks
from marks.models import Mark, Withdrawal
from models_runner.models import MetricSignature, ScoredSpans, Summary
from tests.leaderboards.helpers import score
from tests.marks.files import TEXT, documents, file_of, row, slugs, study_with_texts, whole
from tests.people import researcher

pytestmark = pytest.mark.django_db

FIRST, SECOND = TEXT.index(" Leo"), TEXT.index(" 会议")
SENTENCES = ((0, FIRST), (FIRST + 1, SECOND), (SECOND + 1, len(TEXT)))


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    monkeypatch.setattr(marked, "RESAMPLES", 50)
    monkeypatch.setattr(marked, "LEAST_RESAMPLES", 50)


def spans(summaries, name, values, kind="sentence", metric=None):
    """Give the parts of every summary these values; start and end are those of its sentences."""
    signature, _ = MetricSignature.objects.get_or_create(
        text=f"{metric or name}|1", defaults={"metric": metric or name}
    )
    for summary in summaries:
        rows = [
            {"start": start, "end": end, "value": value, "kind": kind}
            for (start, end), value in zip(SENTENCES, values, strict=True)
        ]
        ScoredSpans.objects.create(summary=summary, signature=signature, name=name, spans=rows)


@pytest.fixture
def study(tmp_path):
    """Three systems: the first has Monday marked by all three readers, the second by one, the last by nobody."""
    study = study_with_texts(systems=3, documents=6)
    names = slugs(study)
    rows = [
        row(study, document_id=document, annotator=who, system=system)
        for document in documents(study)
        for system, readers in zip(names, (("ana", "ben", "cho"), ("ana",), ()), strict=True)
        for who in readers
    ]
    rows += [whole(study, document_id=name, system=names[0], annotator="ana") for name in documents(study)]
    import_marks(file_of(tmp_path, *rows), study)
    for number, system in enumerate(names):
        summaries = list(Summary.objects.filter(run__system__slug=system).order_by("pk"))
        values = [0.2 + 0.3 * number + 0.01 * i for i in range(6)]
        score(summaries, "nli", values, metric="nli", signature="nli|1")
        score(summaries, "entity_precision", [0.5] * 6, metric="entities", signature="entities|1")
        score(
            summaries,
            "unsupported",
            [3.0 - number + 0.01 * i for i in range(6)],
            metric="entities",
            signature="entities|1",
        )
        score(summaries, "words", [100.0] * 6)
        spans(summaries, "nli", (0.1 + 0.3 * number, 0.8, 0.9))
    return study


def values_of(study):
    return get_snapshot("marks-seen", study, study.criteria.first()).values


def metric(values, name):
    return next(one for one in values["metrics"] if one["metric"] == name)


def test_lower_values_of_sentences_find_marked_ones(study):
    found = metric(values_of(study), "nli")["sentences"]
    # 24 of 162 readings of a sentence are marked, all with 0.1 or 0.4; 30 unmarked ones have 0.1, 0.4 or 0.7.
    assert (found["parts"], found["marked"]) == (162, 24)
    assert found["marked_share"] == pytest.approx(24 / 162)
    # Marked: 18 at 0.1, 6 at 0.4. Others: 12 at 0.4, 18 at 0.7, 108 above.
    assert found["auc"]["value"] == pytest.approx((18 * 138 + 6 * (126 + 12 / 2)) / (24 * 138))
    # The 24 worst: 18 at 0.1, and 6 of the 18 at 0.4, of which a third is marked.
    assert found["precision"]["value"] == pytest.approx((18 + 6 * 6 / 18) / 24)
    assert found["auc"]["reason"] == ""
    assert found["kinds"]["wrong number or date"] == found["auc"]
    assert found["kinds"]["missing decision"]["reason"].startswith("undefined: none")


def test_values_of_summaries_go_with_few_errors_in_their_own_direction(study):
    values = values_of(study)
    for name in ("nli", "unsupported"):
        found = metric(values, name)
        assert found["system"]["kendall"]["value"] == pytest.approx(1)
        assert found["summary"]["kendall"]["value"] == pytest.approx(1)
        assert (found["systems"], found["documents"], found["readings"]) == (3, 6, 54)
    assert metric(values, "words")["reason"] == marked.NO_DIRECTION
    assert (
        metric(values, "entity_precision")["summary"]["kendall"]["reason"]
        == "no document has three summaries or more that differ in errors and in the value"
    )
    assert (values["marks"], values["marks_on_words"]) == (30, 24)


def test_marks_on_the_whole_take_part_in_summaries_alone(study):
    before = values_of(study)
    for mark in Mark.objects.filter(start=None):
        Withdrawal.objects.create(mark=mark)
    after = values_of(study)
    assert metric(before, "nli")["sentences"]["auc"] == metric(after, "nli")["sentences"]["auc"]
    assert metric(before, "nli")["summary"]["pearson"] != metric(after, "nli")["summary"]["pearson"]
    assert metric(after, "nli")["summary"]["kendall"]["value"] == pytest.approx(1)


def test_places_are_held_by_themselves_and_by_sentence(study):
    spans(
        Summary.objects.filter(run__system__slug=slugs(study)[0]),
        "entity_precision",
        (0.0, 1.0, 1.0),
        "name",
        "entities",
    )
    found = metric(values_of(study), "entity_precision")
    assert found["places"]["auc"]["value"] == 1
    assert found["places"]["parts"] == 54
    assert found["sentences"]["auc"]["value"] == 1
    assert metric(values_of(study), "nli")["places"] is None


def test_no_support_found_is_held_against_marks(study):
    assert values_of(study)["evidence"] is None
    for summary in Summary.objects.filter(run__dataset=study.dataset):
        turns = [[], [{"number": 1, "score": 0.5}], []]
        rows = [{"start": s, "end": e, "turns": found} for (s, e), found in zip(SENTENCES, turns, strict=True)]
        SummaryEvidence.objects.create(summary=summary, spans=rows, signature=f"{METHOD}|test")
    BoardSnapshot.objects.all().delete()
    found = values_of(study)["evidence"]
    # The first and the last of three sentences are flagged; 24 of the 54 readings of the first are marked.
    assert (found["parts"], found["marked"], found["flagged"]) == (162, 24, 108)
    assert found["flagged_of_marked"]["value"] == 1
    assert found["flagged_of_others"]["value"] == pytest.approx(84 / 138)
    assert found["marked_of_flagged"]["value"] == pytest.approx(24 / 108)
    assert found["marked_of_flagged"]["lower"] > 0


def test_the_page_says_it_in_a_sentence_and_a_table(study):
    html = researcher().get(reverse("trust", args=[study.slug])).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "Do the metrics see what people mark?" in text
    assert "Marked sentences look worse than others to NLI." in text
    assert "Within documents, fewer errors go with " in text
    assert ", and with 1 more of the metrics." in text
    assert "Readings: 54, annotators: 3, documents: 6, marks: 30, on words: 24." in text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
    chinese = researcher().get(reverse("trust", args=[study.slug]), headers={"accept-language": "zh-hans"})
    assert "Marked sentences" not in chinese.content.decode()
    assert "Readings" not in chinese.content.decode()
    assert "more of the metrics" not in chinese.content.decode()
    assert "指标能看到人标注的错误吗？" in chinese.content.decode()


def test_json_and_analyse_have_it(study, capsys):
    of_page = researcher().get(reverse("trust-json", args=[study.slug])).json()["marks_seen"]
    call_command("analyse", study.slug, format="json")
    assert json.loads(capsys.readouterr().out)["marks_seen"] == of_page
    assert of_page["metrics"]


def test_a_study_without_marks_has_no_such_part(study):
    Mark.objects.all().delete()
    study.readings.all().delete()
    answer = researcher().get(reverse("trust", args=[study.slug]))
    assert "what people mark" not in answer.content.decode()
    assert "marks_seen" not in researcher().get(reverse("trust-json", args=[study.slug])).json()
    assert not BoardSnapshot.objects.filter(kind="marks-seen").exists()
    assert values_of(study)["too_few"].startswith("too few to say: nobody read")


def test_it_is_computed_again_only_when_marks_or_scores_change(study, tmp_path):
    first = values_of(study)
    assert values_of(study) == first
    assert BoardSnapshot.objects.filter(kind="marks-seen").count() == 1
    import_marks(file_of(tmp_path, row(study, annotator="dan", kind="invented"), name="more.jsonl"), study)
    assert values_of(study)["marks"] == first["marks"] + 1
    Withdrawal.objects.create(mark=Mark.objects.latest("pk"))
    assert values_of(study)["marks"] == first["marks"]
    study.annotators.filter(pseudonym="cho").update(excluded_at="2026-01-01T00:00Z", exclusion_reason="Guesses.")
    study.audit_log.create(action="annotator_excluded") if hasattr(study, "audit_log") else None
    BoardSnapshot.objects.filter(kind="marks-seen").update(state="")
    assert values_of(study)["annotators"] == 3  # ana, ben, dan


def test_one_reader_is_too_few_for_the_page_and_not_for_files(study):
    study.annotators.exclude(pseudonym="ana").update(excluded_at="2026-01-01T00:00Z", exclusion_reason="Guesses.")
    values = values_of(study)
    assert values["too_few"] == "too few to say: 18 readings of at least 20, 1 annotator of at least 3"
    assert metric(values, "nli")["summary"]["kendall"]["value"] is not None
    shown = marks_seen_context(values)
    assert shown["rows"] == []
    assert shown["sentence"].endswith("1 annotator of at least 3.")


def test_what_is_said_without_a_finding():
    undefined = {"value": None, "lower": None, "upper": None, "reason": "x", "interval_reason": "x"}
    line = {
        "metric": "nli",
        "reason": "",
        "sentences": None,
        "system": {"kendall": undefined},
        "summary": {"kendall": undefined},
    }
    assert marks_seen_context({"too_few": "", "metrics": [line]})["sentence"] == NONE_SEES
    assert marks_seen_context({"too_few": "", "metrics": []})["sentence"] == NO_METRIC
    assert marks_seen_context(None)["rows"] == []


def test_few_statements_however_many_summaries(study, django_assert_max_num_queries):
    values_of(study)
    BoardSnapshot.objects.all().delete()
    with django_assert_max_num_queries(60):
        values_of(study)
