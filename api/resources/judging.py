"""Judging: asking a judge about a study or a dataset, reading how far it is, stopping it and going on."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router
from ninja.responses import Status

from annotations.models import Study
from api.gate.access import check_may_run_models, get_results_study
from api.gate.auth import READ, WRITE
from api.gate.errors import ApiError
from api.resources.links import STARTED_JUDGING_LINKS
from api.schemas.judging import JudgingIn, JudgingOut, QuestionsOut
from judges.judging import lifecycle
from judges.judging.chosen import NamedPair
from judges.judging.progress import progress_of
from judges.models import JudgingJob
from judges.records.storing import find_judge
from models_runner.datasets.lookup import find_dataset
from models_runner.models import Dataset
from models_runner.web.access import get_texts_of_dataset

router = Router(tags=["judging"])


@router.post("/judging", auth=WRITE, response={201: JudgingOut}, openapi_extra=STARTED_JUDGING_LINKS)
def start_judging(request: HttpRequest, body: JudgingIn) -> Any:
    """Ask a judge about a study, or a dataset, or go on: there is one for each judge and study or dataset."""
    about = _about(request, body)
    judge, by = find_judge(body.judge), cast(User, request.user).get_username()
    chosen = [_chosen(number, pair) for number, pair in enumerate(body.pairs)] or None
    asked = lifecycle.Asked(body.criteria, body.sample, body.seed, chosen=chosen, cost_limit=body.cost_limit)
    if isinstance(about, Study):
        job = lifecycle.start_judging(judge, about, asked, by=by)
    else:
        job = lifecycle.start_judging_dataset(judge, about, asked, instruction=body.instruction or "", by=by)
    return Status(201, _answer(job))


def _about(request: HttpRequest, body: JudgingIn) -> Study | Dataset:
    """Load what is asked about, for who may see which system wrote what there."""
    if (body.study is None) == (body.dataset is None):
        check_may_run_models(request)
        raise ApiError(422, "invalid", "Name a study or a dataset, one of both.", field="study")
    if body.study is not None:
        return get_results_study(request, body.study)
    check_may_run_models(request)
    return get_texts_of_dataset(request, find_dataset(body.dataset or "").name)


def _chosen(number: int, pair: Any) -> NamedPair:
    systems = (pair.model_a, pair.model_b)
    return NamedPair(f"pairs[{number}]", pair.document_id, systems, pair.query, pair.query_number)


def _answer(job: JudgingJob) -> JudgingOut:
    progress = progress_of(job)
    return JudgingOut(
        id=job.pk,
        judge=job.judge.name,
        study=job.study.slug if job.study else None,
        dataset=job.dataset.name if job.dataset else None,
        instruction=job.instruction or None,
        criteria=list(job.rubrics),
        status=job.status,
        status_reason=job.failure_reason,
        questions=QuestionsOut(**{name: getattr(progress, name) for name in QuestionsOut.model_fields}),
        dollars=progress.dollars,
        **{name: getattr(job, name) for name in ("created_at", "started_at", "finished_at")},
    )


def _get(request: HttpRequest, pk: int) -> JudgingJob:
    """Load a job for who may see the results of its study, or the texts of its dataset."""
    job = get_object_or_404(JudgingJob.objects.select_related("judge", "study", "dataset"), pk=pk)
    if job.study is not None:
        get_results_study(request, job.study.slug)
    elif job.dataset is not None:
        get_texts_of_dataset(request, job.dataset.name)
    return job


@router.get("/judging/{int:id}", auth=READ, response={200: JudgingOut})
def read_judging(request: HttpRequest, id: int) -> Any:
    """Read how far a judge is."""
    return _answer(_get(request, id))


def _change(request: HttpRequest, pk: int, change: Callable[[JudgingJob], None]) -> JudgingOut:
    job = _get(request, pk)
    change(job)
    job.refresh_from_db()
    return _answer(job)


@router.post("/judging/{int:id}/cancel", auth=WRITE, response={200: JudgingOut})
def cancel_judging(request: HttpRequest, id: int) -> Any:
    """Stop asking. Answers stay."""
    return _change(request, id, lifecycle.cancel_judging)


@router.post("/judging/{int:id}/resume", auth=WRITE, response={200: JudgingOut})
def resume_judging(request: HttpRequest, id: int) -> Any:
    """Ask what was cancelled or failed."""
    return _change(request, id, lifecycle.resume_judging)
