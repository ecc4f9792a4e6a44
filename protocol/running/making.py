"""The step that makes the study, and puts its protocol on record before anybody can vote."""

from dataclasses import dataclass

from django.db import transaction

from annotations.models import PersonalQuestion, Study
from annotations.people.questionnaire import parse_questions, set_questions
from annotations.studies.consent import set_consent_text
from annotations.studies.settings import change_settings
from annotations.studies.setup import OwnCriterion, RatingOptions, StudyScope, StudySetupError, create_study
from models_runner.models import Dataset, System
from protocol.file.completing import moment
from protocol.file.schema import StudyPart
from protocol.running.work import Step, StepError, Work
from protocol.study.records import put_on_record

OPTIONS = ("allow_tie", "allow_both_bad", "strength", "comments", "break_minutes", "summary_format")
AFTERWARDS = ("annotator_title", "gold_every", "ask_guess", "open_link", "completion_code", "completion_url")


@dataclass(frozen=True)
class MakeStudy(Step):
    part: StudyPart

    @property
    def title(self) -> str:
        return f"study {self.part.slug}"

    def is_done(self, work: Work) -> bool:
        return Study.objects.filter(slug=self.part.slug).exists()

    @transaction.atomic
    def do(self, work: Work) -> str:
        try:
            study = self._make(work)
        except StudySetupError as error:
            raise StepError(f"Study {self.part.slug}: {error}") from error
        record = put_on_record(study, work.protocol, work.by)
        return f"made; its planned analysis is on record: {record.plan_sha256}"

    def _make(self, work: Work) -> Study:
        part = self.part
        study = create_study(
            part.slug,
            Dataset.objects.get(name=part.dataset),
            [self._system(slug) for slug in part.systems],
            instruction=part.instruction,
            criteria=(),
            own_criteria=[OwnCriterion(one.key, one.question, one.help) for one in part.criteria],
            quota=part.quota,
            title=part.title,
            guidelines=part.guidelines,
            options=RatingOptions(**{name: getattr(part, name) for name in OPTIONS}),
            scope=self._scope(),
            created_by=work.by,
            draft=part.draft,
            sampling=part.sampling,
            epsilon=part.epsilon,
            margin=work.protocol.analysis.margin,
        )
        change_settings(study, self._settings(work, study), work.by)
        set_consent_text(study, part.consent, work.by)
        for moment_, lines in (("BEFORE", part.questions_before), ("AFTER", part.questions_after)):
            questions = parse_questions("\n".join(lines))
            set_questions(study, PersonalQuestion.Moment[moment_], questions, work.by)
        return study

    def _scope(self) -> StudyScope:
        part = self.part
        return StudyScope(
            split=part.documents.split,
            sample=part.documents.sample,
            chosen=part.documents.chosen,
            seed=part.seed,
            anchor=self._system(part.pairs.anchor) if part.pairs.anchor else None,
            pairs_per_document=part.pairs.per_document,
        )

    def _settings(self, work: Work, study: Study) -> dict[str, object]:
        """Return the settings that differ from what making a study gives, for the page Settings' own function."""
        part, analysis = self.part, work.protocol.analysis
        values: dict[str, object] = {name: getattr(part, name) for name in AFTERWARDS}
        for name in ("opens_at", "closes_at"):
            values[name] = moment(getattr(part, name)) if getattr(part, name) else None
        for name in ("small_system", "large_system"):
            slug = getattr(analysis, name)
            values[name] = self._system(slug) if slug else None
        return {name: value for name, value in values.items() if getattr(study, name) != value}

    def _system(self, slug: str) -> System:
        system = System.objects.filter(slug=slug).first()
        if system is None:
            raise StepError(f"There is no system {slug} yet. The steps before this one store it.")
        return system
