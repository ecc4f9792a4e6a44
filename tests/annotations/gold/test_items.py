"""Making gold and training pairs, taking them back, switching them off."""

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.gold.attention_checks import add_attention_checks
from annotations.gold.items import ControlItemError, ControlItemSpec, make_control_item, remove, switch
from annotations.models import AuditEntry, Comparison, ControlItem, ExpectedAnswer, Study
from annotations.models.comparisons import EVERYBODY
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.undo import undo
from annotations.rating.votes import AnswerRefusedError
from annotations.studies.pair_generation import build_comparisons
from annotations.studies.settings import change_settings
from annotations.studies.setup import StudySetupError
from models_runner.models import Document, Summary
from tests.annotations.helpers import answer, make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=3, documents=3, quota=2, criteria=("overall", "fluency"), slug="s", gold_every=2)


@pytest.fixture
def comparison(study):
    return study.comparisons.first()


def refused(comparison, message, **known):
    with pytest.raises(ControlItemError, match=message):
        make_control_item(
            comparison, ControlItemSpec(**{"purpose": "gold", "expected": {"overall": ["a"]}} | known), None
        )
    comparison.refresh_from_db()
    assert (comparison.purpose, comparison.quota) == ("rating", 2)
    assert not ExpectedAnswer.objects.exists()


def hand_out(comparison, annotator=None):
    from django.utils import timezone

    return take_comparison(annotator or AnnotatorFactory(study=comparison.study), comparison.pk, timezone.now())


# ---- a chosen pair


def test_a_pair_leaves_the_rating_pairs_with_its_expected_answers(comparison):
    by = UserFactory(username="ada")
    make_control_item(
        comparison, ControlItemSpec("gold", {"overall": ["a", "tie"], "fluency": []}, " B lacks the date. "), by
    )
    comparison.refresh_from_db()
    assert (comparison.purpose, comparison.quota, comparison.taken) == ("gold", EVERYBODY, 0)
    assert set(comparison.expected_answers.values_list("criterion__key", "outcome")) == {
        ("overall", "a"),
        ("overall", "tie"),
    }
    assert comparison.control_item.explanation == "B lacks the date."
    assert comparison not in comparison.study.comparisons.for_rating()
    entry = AuditEntry.objects.get(action="known")
    assert (entry.actor, entry.after) == ("ada", "gold: overall a or tie")


def test_its_systems_get_no_other_pair_of_that_document(study, comparison):
    make_gold(comparison)
    assert build_comparisons(study) == 0


def test_a_pair_that_somebody_was_given_is_refused(comparison):
    hand_out(comparison)
    with pytest.raises(ControlItemError, match="Somebody was given this pair"):
        make_gold(comparison)
    assert not ControlItem.objects.exists()


def test_a_pair_is_made_known_once(comparison):
    make_gold(comparison)
    with pytest.raises(ControlItemError, match="gold already"):
        make_gold(comparison, purpose="training")


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"purpose": "rating"}, "Expected gold or training"),
        ({"expected": {}}, "Say which answers are right"),
        ({"expected": {"overall": []}}, "Say which answers are right"),
        ({"expected": {"beauty": ["a"]}}, "no question 'beauty'"),
        ({"expected": {"overall": ["left"]}}, "'left' is no answer"),
        ({"expected": {"overall": ["a", "b", "tie", "both_bad"]}}, "every answer would be right"),
        ({"explanation": "x" * 2001}, "at most 2000"),
    ],
)
def test_what_makes_no_known_pair_is_refused(comparison, known, message):
    refused(comparison, message, **known)


def test_an_answer_that_the_study_does_not_offer_cannot_be_expected(comparison):
    Study.objects.update(allow_tie=False)
    refused(comparison, "'tie' is no answer", expected={"overall": ["tie"]})


def test_an_expected_answer_stays_an_answer(study, comparison):
    make_gold(comparison, outcomes=("tie",))
    with pytest.raises(StudySetupError, match="expected answer of a gold"):
        change_settings(study, {"allow_tie": False}, None)
    change_settings(study, {"allow_both_bad": False}, None)


def test_an_explanation_that_annotators_read_names_no_system(comparison):
    slug = "tiny-titan"
    comparison.study.systems.filter(pk=comparison.summary_a.run.system_id).update(slug=slug)
    refused(comparison, slug, purpose="training", explanation=f"The one by {slug} is wrong.")
    refused(comparison, "ChatGPT", purpose="training", explanation="ChatGPT wrote it.")
    make_gold(comparison, explanation=f"The one by {slug} is wrong.")  # a note that no annotator sees


def test_votes_per_comparison_change_for_rating_pairs_alone(study, comparison):
    make_gold(comparison)
    change_settings(study, {"quota": 5}, None)
    assert dict(Comparison.objects.order_by("quota").values_list("purpose", "quota")) == {
        "rating": 5,
        "gold": EVERYBODY,
    }


# ---- taking back


def test_removed_it_is_a_rating_pair_again(study, comparison):
    pair = make_gold(comparison)
    hand_out(comparison)
    remove(pair, None)
    comparison.refresh_from_db()
    assert (comparison.purpose, comparison.quota, comparison.taken) == ("rating", 2, 0)
    assert not (ControlItem.objects.exists() or ExpectedAnswer.objects.exists() or comparison.assignments.exists())
    assert len(rate_everything(AnnotatorFactory(study=study))) == 9


def test_an_answer_to_what_was_removed_is_refused(comparison):
    pair = make_gold(comparison)
    assignment = hand_out(comparison)
    remove(pair, None)
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "unknown_assignment"


def test_what_was_answered_stays(comparison):
    pair = make_gold(comparison)
    assignment = hand_out(comparison)
    answer(assignment, "a")
    for _ in range(2):  # also an answer that was taken back
        with pytest.raises(ControlItemError, match="Switch it off instead"):
            remove(pair, None)
        undo(assignment.annotator, uuid.uuid4())
    assert comparison.assignments.exists()


def test_switched_off_it_is_given_to_nobody(study, comparison):
    pair = make_gold(comparison)
    switch(pair, on=False, by=None)
    study.refresh_from_db()
    assert comparison.pk not in {a.comparison_id for a in rate_everything(AnnotatorFactory(study=study))}
    switch(pair, on=True, by=None)
    assert comparison.pk in {a.comparison_id for a in rate_everything(AnnotatorFactory(study=study))}


def test_every_change_is_in_the_history(comparison):
    pair = make_gold(comparison, purpose="training")
    switch(pair, on=False, by=None)
    switch(pair, on=False, by=None)  # no change
    switch(pair, on=True, by=None)
    remove(pair, None)
    entries = AuditEntry.objects.filter(action="known").order_by("pk").values_list("before", "after")
    assert list(entries) == [(None, "training: overall a"), ("on", "off"), ("off", "on"), ("training", "removed")]


# ---- attention checks


def test_attention_checks_set_a_summary_of_another_document_beside_the_own_one(study):
    pairs = add_attention_checks(study, 4, "gold", None)
    assert len(pairs) == 4
    for pair in pairs:
        comparison = pair.comparison
        sides = {"a": comparison.summary_a, "b": comparison.summary_b}
        (own,) = (side for side, summary in sides.items() if summary.document_id == comparison.document_id)
        assert sides["a"].run.system == sides["b"].run.system
        assert sides["a"].document != sides["b"].document
        assert list(comparison.expected_answers.values_list("criterion__key", "outcome")) == [("overall", own)]
    assert len({pair.comparison.document_id for pair in pairs}) == 3  # documents take turns


def test_the_same_study_draws_the_same_checks(study):
    def drawn():
        pairs = add_attention_checks(study, 5, "gold", None)
        return [(p.comparison.document_id, p.comparison.summary_a_id, p.comparison.summary_b_id) for p in pairs]

    first = drawn()
    Comparison.objects.exclude(purpose="rating").delete()
    assert drawn() == first
    more = drawn()
    assert not {pair[1:] for pair in more} & {pair[1:] for pair in first}


def test_there_are_no_more_checks_than_pairs_of_texts(study):
    # Three documents, and any two of nine summaries that are not of the same one: 27 pairs.
    assert len(add_attention_checks(study, 100, "gold", None)) == 27
    with pytest.raises(ControlItemError, match="No attention check can be made"):
        add_attention_checks(study, 1, "gold", None)


def test_texts_in_two_languages_or_alike_are_not_confused(study):
    first = study.dataset.documents.order_by("pk").first()
    Document.objects.filter(pk=first.pk).update(language="zh")
    pairs = add_attention_checks(study, 100, "gold", None)
    assert first.pk not in {s.document_id for p in pairs for s in (p.comparison.summary_a, p.comparison.summary_b)}
    Comparison.objects.exclude(purpose="rating").delete()
    Summary.objects.update(text="The same text.")
    with pytest.raises(ControlItemError, match="No attention check can be made"):
        add_attention_checks(study, 1, "gold", None)


def test_where_no_question_is_about_the_document_one_is_named():
    study = make_study(systems=2, documents=2, criteria=("fluency",))
    with pytest.raises(ControlItemError, match="Name the questions"):
        add_attention_checks(study, 1, "gold", None)
    (pair,) = add_attention_checks(study, 1, "gold", None, questions=["fluency"])
    assert pair.comparison.expected_answers.get().criterion.key == "fluency"


def test_a_check_keeps_no_rating_pair_away(study):
    """Where the two are by different systems, their own pair of the document is still compared."""
    add_attention_checks(study, 27, "gold", None)
    Comparison.objects.filter(purpose="rating").delete()
    assert build_comparisons(study) == 9


def test_a_removed_check_is_gone(study):
    (pair,) = add_attention_checks(study, 1, "gold", None)
    assignment = hand_out(pair.comparison)
    remove(pair, None)
    assert study.comparisons.count() == 9
    with pytest.raises(AnswerRefusedError):
        vote_on(assignment, "left")


@pytest.mark.parametrize("n", [0, 201])
def test_a_number_of_checks_that_cannot_be_is_refused(study, n):
    with pytest.raises(ControlItemError, match="expected 1 to 200"):
        add_attention_checks(study, n, "gold", None)


# ---- the rule as a setting


def test_gold_every_changes_at_any_time_and_is_recorded(study):
    next_assignment(AnnotatorFactory(study=study))
    change_settings(study, {"gold_every": 8}, None)
    entry = AuditEntry.objects.get(subject="gold_every")
    assert (entry.before, entry.after) == (2, 8)
    with pytest.raises(StudySetupError, match="expected 0 for none, or 2 or more"):
        change_settings(study, {"gold_every": 1}, None)


# ---- the command


def run(*arguments):
    out = StringIO()
    call_command("gold", "s", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_makes_lists_switches_and_removes(study, comparison):
    assert "one gold item in 2 pairs" in run()
    made = run("--pair", str(comparison.pk), "--expect", "overall=a,tie", "--expect", "fluency=b")
    assert (
        f"pair {comparison.pk} of {comparison.document.external_id}: gold, expected overall a or tie; fluency b" in made
    )
    assert "switched off" in run("--switch-off", str(comparison.pk))
    assert "switched off" not in run("--switch-on", str(comparison.pk))
    assert "pair" not in run("--remove", str(comparison.pk)).replace("pairs", "")
    assert run("--attention", "2", "--training").count("training (attention check)") == 2
    assert "no gold is given out" in run("--every", "0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pair", "999999", "--expect", "overall=a"], "has no pair 999999"),
        (["--attention", "0"], "expected 1 to 200"),
        (["--every", "1"], "expected 0 for none"),
    ],
)
def test_the_command_says_what_is_wrong(study, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_the_command_says_which_pair_is_not_known(study, comparison):
    with pytest.raises(CommandError, match="neither gold nor training"):
        run("--remove", str(comparison.pk))
    with pytest.raises(CommandError, match="says no answer"):
        run("--pair", str(comparison.pk), "--expect", "overall")
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        call_command("gold", "nowhere")
