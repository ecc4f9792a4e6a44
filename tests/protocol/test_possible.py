"""Studies of which no protocol can be written: every way to it says why, none is a fault of the server."""

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.urls import reverse

from annotations.models import Study
from leaderboards.releases.publishing import Draft, ReleaseError, create_draft
from protocol.models import ProtocolRecord
from protocol.study.export import protocol_of, protocol_text
from protocol.study.possible import NoProtocolError
from tests.factories import CriterionFactory, DatasetFactory, RunFactory, StudyFactory, SystemFactory, make_study
from tests.people import researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def without_systems():
    return StudyFactory()


def with_one_system():
    study = StudyFactory()
    CriterionFactory(study=study)
    study.systems.add(SystemFactory(slug="alone"))
    return study


def without_questions():
    study = StudyFactory()
    study.systems.set(SystemFactory.create_batch(2))
    return study


LACKING = {
    "no systems": (without_systems, "It compares no system"),
    "one system": (with_one_system, "Its only system is alone"),
    "no questions": (without_questions, "It asks no question"),
}


@pytest.mark.parametrize("lack", LACKING)
def test_each_way_says_what_is_missing(lack, tmp_path):
    make, why = LACKING[lack]
    study, client = make(), researcher()
    with pytest.raises(NoProtocolError, match=why):
        protocol_of(study)
    page = client.get(reverse("study-protocol", args=[study.slug]))
    assert page.status_code == 200
    assert why in page.content.decode()
    assert client.get(reverse("protocol-file", args=[study.slug])).status_code == 404
    answer = client.post(reverse("record-protocol", args=[study.slug]), {"criterion": "overall"})
    assert why in str(next(iter(get_messages(answer.wsgi_request))))
    assert not ProtocolRecord.objects.exists()
    with pytest.raises(CommandError, match=why):
        call_command("protocol", "export", study.slug, output=tmp_path / "x.yaml")
    with pytest.raises(ReleaseError, match=why):
        create_draft(study, Draft(), None)


def test_it_is_said_in_chinese():
    study = without_systems()
    page = researcher().get(reverse("study-protocol", args=[study.slug]), headers={"accept-language": "zh-CN"})
    assert "不能为这项研究写出研究方案。它没有比较任何系统" in page.content.decode()


@pytest.mark.parametrize("status", Study.Status.values)
@pytest.mark.parametrize("summaries", ["done", "none yet"])
def test_any_other_study_has_one(status, summaries):
    """A draft, one without summaries, documents, guidelines or pairs, and one whose names are unusual."""
    study = make_study(systems=2, documents=2, status=status) if summaries == "done" else bare_study(status)
    assert protocol_of(study).study.slug == study.slug
    assert "punchweight_protocol: 1" in protocol_text(study)


def bare_study(status):
    study = StudyFactory(dataset=DatasetFactory(), status=status, title="", guidelines="")
    CriterionFactory(study=study)
    study.systems.set(SystemFactory.create_batch(2))
    return study


def test_rows_that_no_file_holds_are_named():
    study = make_study(systems=2, documents=1)
    Study.objects.filter(pk=study.pk).update(quota=5000)
    with pytest.raises(NoProtocolError, match="quota is not what a file holds"):
        protocol_of(Study.objects.get(pk=study.pk))


def test_runs_of_a_study_without_summaries_are_written():
    study = bare_study("draft")
    RunFactory(dataset=study.dataset, system=study.systems.first())
    assert protocol_of(study).runs
