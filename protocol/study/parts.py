"""Rows as parts of a protocol."""

from collections.abc import Iterable

from annotations.models import PersonalQuestion, Study
from annotations.studies.consent import current_consent
from annotations.studies.personal_questions import as_line, asked
from models_runner.models import FineTuning, System
from models_runner.systems.catalog import FIELDS
from protocol.file.completing import plain, plain_finetuning, plain_system
from protocol.file.schema import CriterionPart, FineTuningPart, PairsPart, StudyPart, SystemPart
from protocol.study.scope import documents_part

# Settings that have one name in the file and in the row.
SAME = (
    *("annotator_title", "instruction", "seed", "quota", "sampling", "epsilon", "guidelines", "summary_format"),
    *("allow_tie", "allow_both_bad", "strength", "comments", "break_minutes", "gold_every", "ask_guess", "open_link"),
    *("repeat_every", "ask_marks"),
    *("completion_code", "completion_url"),
)
MOMENTS = ("opens_at", "closes_at")


def system_part(system: System) -> SystemPart:
    values = {name: getattr(system, name) for name in FIELDS if name != "base"}
    base = {"base": system.base.slug} if system.base else {}
    return plain_system(SystemPart.model_validate(plain(values) | base))


def finetuning_part(job: FineTuning) -> FineTuningPart:
    return plain_finetuning(
        FineTuningPart(
            base=job.base.slug,
            dataset=job.dataset.name,
            split=job.split,
            validation_split=job.validation_split,
            instruction=job.instruction,
            method=job.method,
            settings=job.settings,
        )
    )


def study_part(study: Study, *, planned: StudyPart | None, draft: bool) -> StudyPart:
    """Return the study as it stands.

    Args:
        planned: What is on record, for what a row does not say: how the documents were chosen.
        draft: Whether it was made as a draft; a row says only what it is now.
    """
    same = {name: getattr(study, name) for name in SAME}
    times = {name: at.isoformat().replace("+00:00", "Z") for name in MOMENTS if (at := getattr(study, name))}
    consent = current_consent(study)
    return StudyPart(
        slug=study.slug,
        title="" if study.title == study.slug else study.title,
        dataset=study.dataset.name,
        systems=list(study.systems.order_by("slug").values_list("slug", flat=True)),
        documents=documents_part(study, planned.documents if planned else None),
        pairs=PairsPart(anchor=study.anchor.slug if study.anchor else "", per_document=study.pairs_per_document),
        criteria=[
            CriterionPart(key=criterion.key, question=criterion.question, help=criterion.help_text)
            for criterion in study.criteria.order_by("position")
        ],
        consent=consent.text if consent else "",
        questions_before=_lines(asked(study, PersonalQuestion.Moment.BEFORE)),
        questions_after=_lines(asked(study, PersonalQuestion.Moment.AFTER)),
        draft=draft,
        **same,
        **times,
    )


def _lines(questions: Iterable[PersonalQuestion]) -> list[str]:
    return [as_line(question) for question in questions]
