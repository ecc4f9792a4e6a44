"""What judges say and what people mark, so that their pages show figures; and a pair in which somebody marks errors."""

import itertools
import tempfile
import uuid
from pathlib import Path

from django.test import Client
from django.urls import reverse

from annotations.models import Judgement, Study
from annotations.people.links import invitation_path
from annotations.studies.directing import direct_study
from judges.judging.lifecycle import Asked, start_judging, start_judging_dataset
from judges.judging.work import work_on_judging
from judges.models import Judge
from judges.report.serve import get_report
from judges.report.unsure import unsure_pairs
from marks.imports.storing import import_marks
from models_runner.models import Summary, System
from tests.factories import make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study
from tests.marks.files import TEXT, documents, file_of, row, slugs, study_with_texts, whole
from tests.marks.test_marking import a_mark

OWNER = "here/1:1:1:1"
SIZES = (1_000_000_000, 70_000_000_000)
# What somebody presses who marks the second word of the right summary and is asked what is wrong with it.
MARKING = ("m", "m", "ArrowRight", "Shift+ArrowRight", "Enter")


def judged_study() -> tuple[Study, list[Judge]]:
    """A study with strengths of votes, marks by three people, and two judges of whom one always prefers the first."""
    study = make_rated_study(
        systems=4,
        documents=12,
        annotators=4,
        quota=4,
        slug="judged",
        title="Judged by people and models",
        strength="optional",
    )
    for strength, remainder in ((1, 0), (2, 1)):
        votes = Judgement.objects.filter(assignment__comparison__study=study, outcome__in=["a", "b"])
        of_this_strength = [pk for pk in votes.values_list("pk", flat=True) if pk % 3 == remainder]
        Judgement.objects.filter(pk__in=of_this_strength).update(strength=strength)
    for number, summary in enumerate(Summary.objects.filter(run__dataset=study.dataset)):
        Summary.objects.filter(pk=summary.pk).update(text=f"{TEXT} Point {number}.")
    for slug, parameters in zip(slugs(study), SIZES, strict=False):
        System.objects.filter(slug=slug).update(parameters=parameters)
    judges = [_asked(study, "always-first", "A"), _asked(study, "always-second", "B")]
    for one in judges:
        get_report(one, study.criteria.get())
    _mark(study)
    return study, judges


def _asked(study: Study, name: str, letter: str) -> Judge:
    engine = {"default": f'{{"reason": "It names the date.", "verdict": "{letter}"}}'}
    asking = judge(name, adapter="scripted", context_window=4096, engine=engine)
    for job in (start_judging(asking, study, Asked()), start_judging_dataset(asking, study.dataset, Asked())):
        work_on_judging(job.pk, owner=OWNER)
    return asking


def _mark(study: Study) -> None:
    small, large, *_ = slugs(study)
    rows = [
        row(study, document_id=document, annotator=who, system=small)
        for document, who in itertools.product(documents(study)[:8], ("ana", "ben", "cho"))
    ]
    rows += [whole(study, document_id=name, system=small, severity="minor") for name in documents(study)[:8:2]]
    rows += [row(study, document_id=documents(study)[0], system=large, kind="language", severity="minor")]
    with tempfile.TemporaryDirectory() as folder:
        import_marks(file_of(Path(folder), *rows), study)


def directed_study() -> Study:
    """A study whose people are asked about some of the pairs, and that nobody rates yet."""
    study = make_study(systems=3, documents=6, slug="directed", title="Where judges are unsure")
    direct_study(study, unsure_pairs(study), documents=3, pairs=2)
    return study


def marking() -> tuple[Client, str]:
    """Somebody who is shown a pair, with two marks made on it already, and its address."""
    study = study_with_texts(ask_marks="optional", slug="marking", title="Marked by people")
    client = Client()
    client.post(invitation_path(study), {"languages": ["en", "zh"]})
    address = reverse("rate", args=[study.public_id])
    token = client.get(address).context["page"].token
    missing = {"error_kind": "missing decision", "client_key": uuid.uuid4()}
    for mark in (a_mark(token), a_mark(token, "", **missing)):
        client.post(reverse("add-mark", args=[study.public_id]), mark)
    return client, address
