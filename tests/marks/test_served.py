"""Figures on marks are computed once, until marks or votes come; those of a large study by a worker."""

import itertools

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from annotations.quality.exclusion import exclude
from jobs.models import MAX_ATTEMPTS
from marks.imports.storing import import_marks
from marks.models import MarkReportJob
from marks.report import serve
from marks.report.figures import mark_figures
from marks.report.serve import compared_by_marks, served_marks, work_on_marks
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory, UserFactory
from tests.marks.files import documents, file_of, row, slugs, study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path):
    study = study_with_texts(systems=2, documents=3)
    small, _ = slugs(study)
    marks = [
        row(study, document_id=name, annotator=who, system=small)
        for name, who in itertools.product(documents(study), ("ana", "ben"))
    ]
    import_marks(file_of(tmp_path, *marks), study)
    return study


@pytest.fixture
def large(settings):
    """Every study has too many votes for a request."""
    settings.BOARD_IN_REQUEST_VOTES = -1
    settings.BOARD_DEBOUNCE_SECONDS = 0


def page(study, name="errors"):
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    return client.get(reverse(name, args=[study.slug]))


def test_figures_are_computed_once(study, monkeypatch):
    first = served_marks(study)
    assert first.current
    assert first.report == mark_figures(study, study.seed)
    monkeypatch.setattr(serve, "mark_figures", None)  # computing again would fail
    assert served_marks(study).report == first.report


@pytest.mark.parametrize("change", ["mark", "reading", "vote", "exclusion", "name", "small system"])
def test_whatever_they_depend_on_makes_them_stale(study, tmp_path, monkeypatch, change):
    if change == "exclusion":
        served_marks(study)
        exclude(Annotator.objects.get(pseudonym="ana"), "Not careful.", None)
    else:
        served_marks(study)
        {
            "mark": lambda: import_marks(file_of(tmp_path, row(study, comment="One more.")), study),
            "reading": lambda: import_marks(file_of(tmp_path, row(study, annotator="cho", kind=..., start=..., end=..., text=..., severity=...)), study),
            "vote": lambda: rate_everything(AnnotatorFactory(study=study, number=50)),
            "name": lambda: study.systems.update(name="Another name"),
            "small system": lambda: type(study).objects.update(small_system=study.systems.first(), pair_named_at=study.created_at),
        }[change]()  # fmt: skip
    study.refresh_from_db()
    monkeypatch.setattr(serve, "mark_figures", None)
    with pytest.raises(TypeError):
        served_marks(study)


def test_those_of_a_large_study_come_from_a_worker(study, large, tmp_path):
    assert "A worker computes the figures on these marks." in page(study).content.decode()
    data = page(study, "errors-json")
    assert (data.status_code, data.json()["error"]["code"]) == (503, "not_ready")
    assert compared_by_marks(study) == {}
    job = MarkReportJob.objects.get()
    assert (job.status, job.report) == ("pending", None)
    work_on_marks(job.pk, owner="here/1:1:1:1")
    text = page(study).content.decode()
    assert "A worker computes" not in text
    assert page(study, "errors-json").json()["marks"] == 6
    import_marks(file_of(tmp_path, row(study, comment="One more.")), study)
    text = page(study).content.decode()
    assert "Marks or votes have come since." in text
    assert "The small against the large" in text
    assert page(study, "errors-json").json()["marks"] == 6


def test_what_failed_says_why_and_is_not_asked_for_at_once(study, large, settings):
    settings.BOARD_DEBOUNCE_SECONDS = 600
    served_marks(study)
    MarkReportJob.objects.filter(attempts__lt=MAX_ATTEMPTS).update(status="failed", failure_reason="The disk broke.")
    text = page(study).content.decode()
    assert "The newest figures could not be computed. The disk broke." in text
    assert "load delay" not in text


def test_the_database_keeps_one_report_of_each_study(study):
    served_marks(study)
    for values in ({"study": study}, {"study": study_with_texts(), "report": {"marks": 1}}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MarkReportJob.objects.create(**values)
