"""The page of a new study: what it makes, what it says beforehand, and what it never forgets."""

import re
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.drafting.forecast import simulate_study
from annotations.models import Judgement, Study
from annotations.templatetags.forecasts import hours, pace
from annotations.web.forms.new_study import STEP_OF, STEPS, StudyForm, free_slug
from annotations.web.views import new_study
from tests.annotations.studies.test_setup import asked_for
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, SystemFactory, make_study
from tests.people import annotator, researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE, LIVE = reverse("new-study"), reverse("new-study-live")


@pytest.fixture(scope="module")
def rows(module_rows):
    """A dataset of ten documents; two systems summarized all, the third four."""
    with module_rows():
        dataset = DatasetFactory(name="meetings")
        documents = [DocumentFactory(dataset=dataset, position=n, external_id=f"m{n}") for n in range(10)]
        runs = [RunFactory(dataset=dataset) for _ in range(3)]
        for run, covered in zip(runs, (10, 10, 4), strict=True):
            for document in documents[:covered]:
                SummaryFactory(run=run, document=document)
        return dataset, [run.system for run in runs]


def asked(rows, **changes):
    dataset, systems = rows
    return asked_for(dataset, systems, margin="5", annotators=5) | changes


def shown(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_step_holds_every_field_once():
    named = [name for step in STEPS for name in step.all_fields]
    assert sorted(named) == sorted(StudyForm.base_fields) == sorted(STEP_OF)


# ---- what it makes


def test_a_study_is_made_with_everything_that_was_chosen(rows):
    _, systems = rows
    chosen = {"small_system": systems[0].slug, "large_system": systems[1].slug, "margin": "8", "quota": 4}
    more = {"consent": "I agree.", "annotator_title": "Compare", "closes_at": "2999-01-01T10:00", "slug": ""}
    answer = researcher().post(PAGE, asked(rows, title="A pilot, in June", **chosen, **more))
    study = Study.objects.get()
    assert answer["Location"] == study.get_absolute_url() == reverse("study", args=["a-pilot-in-june"])
    assert (study.small_system, study.large_system, study.noninferiority_margin) == (systems[0], systems[1], 0.08)
    assert study.pair_named_at <= timezone.now()
    assert (study.quota, study.annotator_title, study.consent_version) == (4, "Compare", 1)
    assert study.consent_texts.get().text == "I agree."
    assert (study.status, study.closes_at.year, study.created_by.username) == ("open", 2999, "researcher")


def test_a_draft_is_not_open(rows):
    researcher().post(PAGE, asked(rows, draft=1))
    assert Study.objects.get().status == "draft"


def test_looking_makes_nothing(rows):
    for look in ({"check": "how"}, {"simulate": "1", "annotators": 2}):
        assert researcher().post(PAGE, asked(rows, **look)).status_code == 200
    assert not Study.objects.exists()


def test_a_name_is_made_from_the_title_and_never_taken_twice():
    assert free_slug("Ünïts & Größe!") == "units-groe"
    make_study(slug="pilot")
    make_study(slug="pilot-2")
    assert (free_slug("Pilot"), free_slug("New"), free_slug("会议"), free_slug("")) == (
        *("pilot-3", "new-2"),
        *("study", "study"),
    )


# ---- what it says beforehand


def test_it_says_what_the_study_would_be(rows):
    _, systems = rows
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug}
    page = shown(researcher().post(LIVE, asked(rows, quota=3, **pair)))
    assert "10 documents of meetings, medium summaries" in page
    assert f"3 systems, 18 pairs to rate. May {systems[0].slug} stand in for {systems[1].slug}?" in page
    assert "54 ratings, about 2 hours, 27 minutes for each of 5" in page
    assert "30 votes on the two systems in question, 3 on each of 10 documents, by 5 annotators, will say" in page
    assert "150 seconds a pair: assumed" in page


def test_it_says_what_is_missing_beside_its_step(rows):
    _, systems = rows
    page = researcher().post(LIVE, asked(rows, quota=7)).content.decode()
    who, when = (page.split(f'id="problems-{step}"')[1].split("</ul>")[0] for step in ("who", "when"))
    assert f"{systems[2].slug} has summaries for 4 of 10 documents; its pairs come from those 4." in who
    assert "7 votes on each pair, each from somebody else, need as many annotators; you expect 5." in when
    assert f'id="has-{systems[2].slug}" hx-swap-oob="true">4 of 10<' in page


def test_looks_that_would_find_nothing_are_told_at_their_field(rows):
    """The fields are at the end of a long step, whose head is out of sight there."""
    _, systems = rows
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug, "quota": 3}
    client = researcher()
    for form in (PAGE, LIVE):
        page = client.post(form, asked(rows, look_votes="20, 400", check="when", **pair)).content.decode()
        assert (
            "planned at 400 votes, and this study takes 30"
            in page.split('id="problems-look_votes"')[1].split("</ul>")[0]
        )
        assert "400 votes" not in page.split('id="problems-when"')[1].split("</ul>")[0]


def test_dates_that_are_wrong_are_not_called_missing(rows):
    _, systems = rows
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug}
    answer = researcher().post(PAGE, asked(rows, look_dates="next Monday", look_maximum="200", **pair))
    assert list(answer.context["form"].errors) == ["look_dates"]
    assert "but no dates" not in shown(answer)


def test_what_annotators_would_see_names_no_system(rows):
    _, systems = rows
    page = researcher().post(LIVE, asked(rows)).content.decode()
    seen = page.split("data-pair-preview")[1].split("</section>")[0]
    assert "Which summary is better overall?" in seen
    assert "Summary number" in seen
    assert not [system for system in systems if system.slug in seen or system.name in seen]


def test_the_two_in_question_first_is_proposed_and_says_when_they_have_their_votes(rows):
    _, systems = rows
    client = researcher()
    assert 'value="question" selected' in shown(client.get(PAGE))
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug, "epsilon": "0.2", "quota": "3"}
    # 10 of 18 pairs are theirs: 30 votes, with a share of 0.8 + 0.2 * 10 / 18 of the draws, are in after 33 of 54.
    page = shown(client.post(LIVE, asked(rows, sampling="question", **pair)))
    assert "they have all their votes after about 33 of the 54 ratings" in page
    page = shown(client.post(LIVE, asked(rows, sampling="even", **pair)))
    assert "All pairs come alike: of 54 ratings 30 are on the two in question." in page


def test_of_two_systems_none_comes_first(rows):
    dataset, systems = rows
    chosen = {"small_system": systems[0].slug, "large_system": systems[1].slug, "sampling": "question"}
    page = shown(researcher().post(LIVE, asked((dataset, systems[:2]), **chosen)))
    assert "Ratings in all" in page
    assert "come first" not in page
    assert "All pairs come alike" not in page
    # Nor where fewer people than votes leave places that nobody takes.
    few = shown(researcher().post(LIVE, asked((dataset, systems[:2]), quota="3", annotators="2", **chosen)))
    assert "Ratings in all" in few
    assert "All pairs come alike" not in few


def test_half_a_form_is_answered_too(rows):
    for given in ({}, {"dataset": "meetings"}, asked(rows, quota="x", systems=[], sample="99", alike="?")):
        assert researcher().post(LIVE, given).status_code == 200


def test_the_pace_of_people_is_used_once_it_was_measured(rows):
    from annotations.studies.work_forecast import LEAST_MEASURED, measured_pace
    from tests.leaderboards.compared import make_compared_study

    study = make_compared_study(documents=6, annotators=5)
    Judgement.objects.update(active_ms=40_000)
    assert Judgement.objects.count() >= LEAST_MEASURED
    assert measured_pace()[0] == 40
    assert "At 40 seconds a pair, the median of" in shown(researcher().post(LIVE, asked(rows)))
    Study.objects.filter(pk=study.pk).update(status="closed")
    assert measured_pace()[1] > 0


def test_an_exact_forecast_is_made_when_it_is_asked_for(rows, monkeypatch):
    monkeypatch.setattr(new_study, "simulate_study", partial(simulate_study, studies=5))
    _, systems = rows
    pair = {"small_system": systems[0].slug, "large_system": systems[1].slug}
    page = shown(researcher().post(LIVE, asked(rows, quota=3, simulate=1, **pair)))
    assert "In 5 simulated studies of 10 documents with 3 votes each by 5 annotators" in page
    few = shown(researcher().post(LIVE, asked(rows, quota=1, simulate=1, **pair)))
    assert "too few to say: 10 votes of at least 20" in few


# ---- what it never forgets


def test_an_error_stands_in_its_step_and_everything_else_stays(rows):
    answer = researcher().post(PAGE, asked(rows, title="Kept", small_system="no-such", guidelines="Read first."))
    assert answer.status_code == 400
    page = answer.content.decode()
    who = page.split('data-step="who"')[1].split('data-step="how"')[0]
    assert "errorlist" in who
    assert "errorlist" not in page.replace(who, "")
    assert 'value="Kept"' in page
    assert "Read first." in page
    assert len(re.findall(r'name="systems"[^>]* checked', page)) == 3


def test_a_refusal_stands_at_its_field(rows):
    _, systems = rows
    for changes, field in (
        ({"slug": "new"}, "slug"),
        ({"systems": [systems[0].slug]}, "systems"),
        ({"small_system": systems[0].slug, "large_system": systems[0].slug}, "large_system"),
        ({"sample": "99"}, "sample"),
        ({"criteria": []}, "criteria"),
        ({"own_criteria": "no question"}, "own_criteria"),
        ({"opens_at": "2030-01-02T10:00", "closes_at": "2030-01-01T10:00"}, "closes_at"),
    ):
        answer = researcher().post(PAGE, asked(rows, **changes))
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not Study.objects.exists()


def test_going_on_says_nothing_of_steps_to_come(rows):
    answer = researcher().post(PAGE, {"title": "", "dataset": "meetings", "check": "who"})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) <= {name for name, step in STEP_OF.items() if step == "what"}
    assert "title" in answer.context["form"].errors


def test_who_may_make_no_studies_may_not_look_either(rows):
    for address in (PAGE, LIVE):
        assert annotator().post(address, asked(rows)).status_code == 403


# ---- what is told when


def marks(response):
    return re.findall(r'id="mark-(\w+)"[^>]*> !', shown(response))


def test_nothing_is_told_to_be_wrong_before_it_was_left(rows):
    empty = asked(rows) | {"title": "", "systems": []}
    client = researcher()
    assert marks(client.post(LIVE, empty)) == []
    assert marks(client.post(LIVE, empty | {"left": "dataset"})) == []
    assert marks(client.post(LIVE, empty | {"left": "title dataset"})) == ["what"]
    assert marks(client.post(LIVE, empty | {"left": "title systems"})) == ["what", "who"]
    assert marks(client.get(PAGE)) == []


def test_a_refused_form_marks_every_step_at_fault(rows):
    refused = researcher().post(PAGE, asked(rows) | {"title": "", "systems": []})
    assert refused.status_code == 400
    assert marks(refused) == ["what", "who"]


# ---- which systems come first


def folded(response):
    return [row.system.slug for row in response.context["choice"].folded]


def test_systems_of_use_come_first_and_the_others_are_folded(rows):
    missing = SystemFactory(slug="far", adapter="llamacpp", model_id="/nowhere/model.gguf")
    ready = SystemFactory(slug="here", adapter="extractive")
    client = researcher()
    answer = client.post(PAGE, asked(rows) | {"check": "who"})
    assert folded(answer) == ["far"]
    html = shown(answer)
    assert "Show 1 more that is not ready" in html
    assert html.index('value="here"') < html.index("more-systems") < html.index('value="far"')
    chosen = client.post(PAGE, asked(rows) | {"check": "who", "systems": [missing.slug, ready.slug]})
    assert folded(chosen) == []


def test_the_list_is_sent_again_only_when_it_is_another_one(rows):
    client = researcher()
    first = client.post(LIVE, asked(rows) | {"listed": ""})
    key = first.context["choice"].key
    assert 'id="system-list" hx-swap-oob="true"' in shown(first)
    again = shown(client.post(LIVE, asked(rows) | {"listed": key, "systems": []}))
    assert "system-list" not in again
    assert 'hx-swap-oob="true">10 of 10' in again
    other = DatasetFactory(name="other")
    DocumentFactory(dataset=other)
    moved = client.post(LIVE, asked(rows) | {"listed": key, "dataset": other.name})
    assert 'id="system-list" hx-swap-oob="true"' in shown(moved)


def test_a_run_that_waits_is_told_beside_its_system(rows):
    waiting = RunFactory(dataset=rows[0])
    SummaryFactory(run=waiting, document=rows[0].documents.first(), status="pending", text="")
    page = shown(researcher().post(LIVE, asked(rows)))
    assert re.search(rf'id="has-{waiting.system.slug}"[^>]*>none yet, being written</span>', page)
    assert page.count("being written") == 1


def test_a_second_an_hour_and_less_are_written_as_people_say_them(rows):
    assert [pace(1.2), pace(0.6), pace(40)] == ["1 second", "1 second", "40 seconds"]
    assert [hours(0.01), hours(0), hours(0.06), hours(31.2)] == ["under 0.1", "0.0", "0.1", "31"]
    assert '<option value="">Choose a dataset</option>' in researcher().get(PAGE).content.decode().replace(
        " selected", ""
    )
