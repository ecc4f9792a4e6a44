"""What constraints cannot say of marks: that they fit the summary, the study and the pair, and never change.

A mark's annotator and kind are of its study, its summary is of the study's dataset, and its text stands where it says.
One made on the rating page is about one of the two summaries of its annotator's own pair, and nobody who has seen
results makes one. Where marks are required, no pair is rated while a summary loses without a mark, or without the word
of its annotator that they find no error; so no answer of a rated pair is changed, and no mark taken back, to leave one
like that. Imported votes, and people who had their marks erased, are not asked for any.
Created after every migrate and dropped before (annotations/models/triggers says why).
"""

from django.db import connections

from lib import triggers

# By name: the table, and which changes of a row are refused.
FROZEN = {
    "mark_is_append_only": ("marks_mark", "TRUE"),
    "withdrawal_is_append_only": ("marks_withdrawal", "TRUE"),
    "reading_is_append_only": ("marks_reading", "TRUE"),
    "no_error_found_is_append_only": ("marks_noerrorfound", "TRUE"),
    "expected_mark_never_changes": ("marks_expectedmark", "TRUE"),
    "mark_kind_keeps_its_name": ("marks_markkind", "NEW.key <> OLD.key OR NEW.study_id <> OLD.study_id"),
}
_OF_ITS_STUDY = """
    NOT EXISTS (SELECT 1 FROM annotations_annotator who WHERE who.id = NEW.annotator_id AND who.study_id = NEW.study_id)
    OR NOT EXISTS (
        SELECT 1 FROM models_runner_summary summary JOIN models_runner_run run ON run.id = summary.run_id
        JOIN annotations_study study ON study.dataset_id = run.dataset_id
        WHERE summary.id = NEW.summary_id AND study.id = NEW.study_id
    )
    OR NEW.assignment_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM annotations_assignment given JOIN annotations_comparison pair ON pair.id = given.comparison_id
        WHERE given.id = NEW.assignment_id AND given.annotator_id = NEW.annotator_id
        AND NEW.summary_id IN (pair.summary_a_id, pair.summary_b_id)
    )"""
_OF_ITS_KIND = (
    "NOT EXISTS (SELECT 1 FROM marks_markkind kind WHERE kind.id = NEW.kind_id AND kind.study_id = NEW.study_id)"
)
# Both engines count characters, and say which is the first by 1.
_TEXT_DIFFERS = """NEW.start IS NOT NULL AND (
    length(NEW.text) <> NEW."end" - NEW.start
    OR NEW.text <> (
        SELECT substr(summary.text, NEW.start + 1, NEW."end" - NEW.start)
        FROM models_runner_summary summary WHERE summary.id = NEW.summary_id
    ))"""
_OF_ITS_PAIR = """NOT EXISTS (
    SELECT 1 FROM annotations_assignment given JOIN annotations_comparison pair ON pair.id = given.comparison_id
    WHERE given.id = NEW.assignment_id AND NEW.summary_id IN (pair.summary_a_id, pair.summary_b_id)
)"""
_SAW_RESULTS = """EXISTS (
    SELECT 1 FROM annotations_assignment given JOIN annotations_annotator who ON who.id = given.annotator_id
    WHERE given.id = NEW.assignment_id AND who.saw_results_at IS NOT NULL)"""
_OF_ITS_ITEM = """NOT EXISTS (
    SELECT 1 FROM annotations_knownpair item JOIN annotations_comparison pair ON pair.id = item.comparison_id
    JOIN marks_markkind kind ON kind.study_id = pair.study_id
    WHERE item.id = NEW.item_id AND kind.id = NEW.kind_id AND NEW.summary_id IN (pair.summary_a_id, pair.summary_b_id)
)"""
_AFTER_RESULTS = """NEW.assignment_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM annotations_annotator who WHERE who.id = NEW.annotator_id AND who.saw_results_at IS NOT NULL)"""

# By name: the table, and what may not be true of a new row.
REFUSED = {
    "mark_is_of_its_study": ("marks_mark", f"{_OF_ITS_STUDY} OR {_OF_ITS_KIND}"),
    "mark_text_stands_there": ("marks_mark", _TEXT_DIFFERS),
    "mark_is_blind": ("marks_mark", _AFTER_RESULTS),
    "reading_is_of_its_study": ("marks_reading", _OF_ITS_STUDY),
    "no_error_found_is_of_its_pair": ("marks_noerrorfound", _OF_ITS_PAIR),
    "no_error_found_is_blind": ("marks_noerrorfound", _SAW_RESULTS),
    "expected_mark_is_of_its_item": ("marks_expectedmark", _OF_ITS_ITEM),
    "expected_mark_text_stands_there": ("marks_expectedmark", _TEXT_DIFFERS),
}

# ---- where marks are required

# The pair's study asks for marks, and its annotator rates here. {given}: the id of the assignment.
_REQUIRED = """EXISTS (
    SELECT 1 FROM annotations_assignment given JOIN annotations_annotator who ON who.id = given.annotator_id
    JOIN annotations_study study ON study.id = who.study_id
    WHERE given.id = {given} AND study.ask_marks = 'required' AND NOT who.imported{which}
)"""
# A summary loses by one of these votes, without a mark. {votes}: rows of outcomes; {mark}: one that is left out.
_LACKS = """EXISTS (
    SELECT 1 FROM {votes}
    JOIN annotations_assignment given ON given.id = {given}
    JOIN annotations_comparison pair ON pair.id = given.comparison_id
    JOIN models_runner_summary losing ON losing.id IN (pair.summary_a_id, pair.summary_b_id)
    WHERE (
        vote.outcome = 'both_bad' OR vote.outcome = 'a' AND losing.id = pair.summary_b_id
        OR vote.outcome = 'b' AND losing.id = pair.summary_a_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM marks_mark mark LEFT JOIN marks_withdrawal taken_back ON taken_back.mark_id = mark.id
        WHERE mark.assignment_id = given.id AND mark.summary_id = losing.id AND taken_back.id IS NULL{but}
    )
    AND NOT EXISTS (
        SELECT 1 FROM marks_noerrorfound said WHERE said.assignment_id = given.id AND said.summary_id = losing.id
    )
)"""
_VOTES_OF = "(SELECT outcome FROM annotations_judgement WHERE assignment_id = {given}) vote"
_MARKED = "(SELECT assignment_id FROM marks_mark WHERE id = NEW.mark_id)"
_DONE = " AND given.state = 'done'"
_CHANGED = "(SELECT NEW.outcome AS outcome) vote"
LACKING = (
    triggers.Refusal(
        "rated_pair_has_marks",
        "annotations_assignment",
        "UPDATE OF state",
        f"NEW.state = 'done' AND OLD.state <> 'done' AND {_REQUIRED.format(given='NEW.id', which='')} "
        f"AND {_LACKS.format(votes=_VOTES_OF.format(given='NEW.id'), given='NEW.id', but='')}",
    ),
    triggers.Refusal(
        "changed_vote_has_marks",
        "annotations_judgement",
        "UPDATE OF outcome",
        f"{_REQUIRED.format(given='NEW.assignment_id', which=_DONE)} "
        f"AND {_LACKS.format(votes=_CHANGED, given='NEW.assignment_id', but='')}",
    ),
    triggers.Refusal(
        "rated_pair_keeps_marks",
        "marks_withdrawal",
        "INSERT",
        f"{_REQUIRED.format(given=_MARKED, which=_DONE)} "
        f"AND {_LACKS.format(votes=_VOTES_OF.format(given=_MARKED), given=_MARKED, but=' AND mark.id <> NEW.mark_id')}",
    ),
)
_ALL = tuple(
    triggers.Refusal(name, table, moment, refused)
    for moment, refusals in (("UPDATE", FROZEN), ("INSERT", REFUSED))
    for name, (table, refused) in refusals.items()
)


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, {refusal.name: refusal.table for refusal in (*_ALL, *LACKING)})


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.ensure(using, _ALL)
    # A database may be migrated back to before the table that these read.
    if "marks_noerrorfound" in connections[using].introspection.table_names():
        triggers.ensure(using, LACKING)
