"""The step that makes the study, and puts its protocol on record before anybody can vote."""

from dataclasses import dataclass, fields

from django.db import transaction

from annotations.models import Study
from annotations.studies.setup import (
    OwnCriterion,
    PeopleOptions,
    RatingOptions,
    StudyScope,
    StudySetupError,
    create_study,
)
from models_runner.models import Dataset, System
from protocol.file.completing import moment
from protocol.file.schema import StudyPart
from protocol.running.work import Step, StepError, Work
from protocol.study.records import put_on_record


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
        part, analysis = self.part, work.protocol.analysis
        return create_study(
            part.slug,
            Dataset.objects.get(name=part.dataset),
            [self._system(slug) for slug in part.systems],
            instruction=part.instruction,
            criteria=(),
            own_criteria=[
                OwnCriterion(criterion.key, criterion.question, criterion.help) for criterion in part.criteria
            ],
            quota=part.quota,
            title=part.title,
            annotator_title=part.annotator_title,
            guidelines=part.guidelines,
            options=RatingOptions(**{field.name: getattr(part, field.name) for field in fields(RatingOptions)}),
            people=PeopleOptions(**{field.name: getattr(part, field.name) for field in fields(PeopleOptions)}),
            scope=self._scope(),
            created_by=work.by,
            draft=part.draft,
            sampling=part.sampling,
            epsilon=part.epsilon,
            margin=analysis.margin,
            small_system=self._named(analysis.small_system),
            large_system=self._named(analysis.large_system),
            look_votes=analysis.looks or None,
            look_dates=analysis.look_dates or None,
            look_maximum=analysis.look_maximum,
            look_spending=analysis.look_spending,
            opens_at=moment(part.opens_at) if part.opens_at else None,
            closes_at=moment(part.closes_at) if part.closes_at else None,
        )

    def _scope(self) -> StudyScope:
        part = self.part
        return StudyScope(
            split=part.documents.split,
            sample=part.documents.sample,
            chosen=part.documents.chosen,
            seed=part.seed,
            anchor=self._named(part.pairs.anchor),
            pairs_per_document=part.pairs.per_document,
        )

    def _named(self, slug: str) -> System | None:
        return self._system(slug) if slug else None

    def _system(self, slug: str) -> System:
        system = System.objects.filter(slug=slug).first()
        if system is None:
            raise StepError(f"There is no system {slug} yet. The steps before this one store it.")
        return system
