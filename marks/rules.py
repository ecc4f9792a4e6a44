"""What annotations asks of this app, as annotations.rating.marking describes it."""

from collections.abc import Sequence

from annotations.models import Assignment, Study
from marks.gold.results import AnnotatorMarks, MarkFeedback, gold_marks_by_annotator, marks_feedback
from marks.marking.panel import Panel, marking_panel
from marks.marking.required import lacks_marks


class MarkingRules:
    def panel(self, assignment: Assignment) -> Panel:
        return marking_panel(assignment)

    def lacks_marks(self, assignment: Assignment) -> bool:
        return lacks_marks(assignment)

    def feedback(self, assignment: Assignment) -> Sequence[MarkFeedback]:
        return marks_feedback(assignment)

    def gold_results(self, study: Study) -> Sequence[AnnotatorMarks]:
        return gold_marks_by_annotator(study)
