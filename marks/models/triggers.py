"""What constraints cannot say of marks: that they fit the summary, the study and the pair, and never change.

A mark's annotator and kind are of its study, its summary is of the study's dataset, and its text stands where it says.
One made on the rating page is about one of the two summaries of its annotator's own pair, and nobody who has seen
results makes one. Created after every migrate and dropped before (annotations/models/triggers.py says why).
"""

from lib import triggers

# By name: the table, and which changes of a row are refused.
FROZEN = {
    "mark_is_append_only": ("marks_mark", "TRUE"),
    "withdrawal_is_append_only": ("marks_withdrawal", "TRUE"),
    "reading_is_append_only": ("marks_reading", "TRUE"),
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
_AFTER_RESULTS = """NEW.assignment_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM annotations_annotator who WHERE who.id = NEW.annotator_id AND who.saw_results_at IS NOT NULL)"""

# By name: the table, and what may not be true of a new row.
REFUSED = {
    "mark_is_of_its_study": ("marks_mark", f"{_OF_ITS_STUDY} OR {_OF_ITS_KIND}"),
    "mark_text_stands_there": ("marks_mark", _TEXT_DIFFERS),
    "mark_is_blind": ("marks_mark", _AFTER_RESULTS),
    "reading_is_of_its_study": ("marks_reading", _OF_ITS_STUDY),
}
_ALL = tuple(
    triggers.Refusal(name, table, moment, refused)
    for moment, refusals in (("UPDATE", FROZEN), ("INSERT", REFUSED))
    for name, (table, refused) in refusals.items()
)


def drop_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.drop(using, {refusal.name: refusal.table for refusal in _ALL})


def ensure_triggers(using: str = "default", **kwargs: object) -> None:
    triggers.ensure(using, _ALL)
