"""What may change in a study, and when."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import Study
from annotations.rating.assignment import has_work, next_assignment
from annotations.rating.votes import AnswerRefusedError
from annotations.studies.settings import change_settings, change_status
from annotations.studies.setup import StudySetupError
from annotations.web.forms.studies import SettingsForm
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


def entries(study):
    return [(e.action, e.subject, e.before, e.after) for e in study.audit_entries.order_by("pk")]


def test_a_closed_study_is_not_paused():
    study = make_study(status="closed")
    with pytest.raises(StudySetupError, match="cannot be changed to “Paused”"):
        change_status(study, "pause", None)
    assert not study.audit_entries.exists()


@pytest.mark.parametrize(("status", "change"), [("open", "open"), ("paused", "pause"), ("closed", "close")])
def test_what_is_so_already_stays_without_an_entry(status, change):
    study = make_study(status=status)
    change_status(study, change, None)
    assert Study.objects.get(pk=study.pk).status == status
    assert not study.audit_entries.exists()


def test_settings_change_and_are_recorded():
    study = make_study()
    changed = change_settings(study, {"title": "New", "quota": 3, "open_link": False}, None)
    assert sorted(changed) == ["open_link", "title"]
    study.refresh_from_db()
    assert (study.title, study.open_link) == ("New", False)
    assert ("setting", "open_link", True, False) in entries(study)
    assert study.audit_entries.first().actor == "command line"


def test_a_higher_quota_gives_more_places():
    study = make_study(systems=2, documents=1, quota=1)
    vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    late = AnnotatorFactory(study=study)
    assert next_assignment(late) is None
    change_settings(study, {"quota": 2}, None)
    assert next_assignment(late)


def test_a_quota_does_not_fall_below_what_is_rated():
    study = make_study(systems=2, documents=1, quota=3)
    for _ in range(2):
        vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    with pytest.raises(StudySetupError, match="a comparison has 2 already"):
        change_settings(study, {"quota": 1, "title": "New"}, None)
    study.refresh_from_db()
    assert (study.quota, study.title) == (3, study.slug)
    change_settings(study, {"quota": 2}, None)
    assert set(study.comparisons.values_list("quota", flat=True)) == {2}


def test_what_people_may_answer_is_fixed_once_somebody_has_a_pair():
    study = make_study()
    change_settings(study, {"allow_tie": False}, None)
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(StudySetupError, match="“Strength” can no longer change"):
        change_settings(study, {"strength": "optional"}, None)


def test_what_a_study_compares_never_changes():
    with pytest.raises(StudySetupError, match="instruction cannot be changed"):
        change_settings(make_study(), {"instruction": "long"}, None)


def test_sampling_changes_while_people_rate_and_is_recorded():
    study = make_study()
    next_assignment(AnnotatorFactory(study=study))
    assert change_settings(study, {"sampling": "adaptive", "epsilon": 0.5}, None) == ["sampling", "epsilon"]
    assert entries(study) == [("setting", "sampling", "even", "adaptive"), ("setting", "epsilon", "0.2", "0.5")]


def test_the_pages_ask_for_it_and_show_it():
    study, browser = make_study(), researcher()
    form = SettingsForm(instance=study, rated=False)
    asked = {name: value for name, value in form.initial.items() if value is not None}
    page = reverse("study-settings", args=[study.slug])
    assert browser.post(page, asked | {"sampling": "adaptive", "epsilon": "2"}).status_code == 400
    assert browser.post(page, asked | {"sampling": "adaptive", "epsilon": "0.25"}).status_code == 302
    assert "share drawn evenly: 0.25" in browser.get(study.get_absolute_url()).content.decode()


@pytest.mark.parametrize("epsilon", [0, -1, 1.5])
def test_a_share_that_leaves_pairs_without_a_chance_is_refused(epsilon):
    study = make_study(sampling="adaptive")
    with pytest.raises(StudySetupError, match="share drawn evenly"):
        change_settings(study, {"epsilon": epsilon}, None)
    assert entries(study) == []


# ---- dates


def test_rating_begins_and_ends_with_the_dates():
    now = timezone.now()
    study = make_study(opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2))
    annotator = AnnotatorFactory(study=study)
    assert next_assignment(annotator) is None
    assert has_work(annotator)
    assert next_assignment(annotator, now=now + timedelta(minutes=61))
    assert next_assignment(annotator, now=now + timedelta(hours=3)) is None
    Study.objects.update(opens_at=None, closes_at=now)
    annotator.study.refresh_from_db()
    assert not has_work(annotator)


def test_a_vote_after_the_end_is_refused():
    study = make_study()
    assignment = next_assignment(AnnotatorFactory(study=study))
    assignment.annotator.study.closes_at = timezone.now()
    with pytest.raises(AnswerRefusedError) as refusal:
        vote_on(assignment, "left")
    assert refusal.value.code == "study_not_open"


def test_the_end_comes_after_the_beginning():
    now = timezone.now()
    with pytest.raises(StudySetupError, match="Rating ends before it begins"):
        change_settings(make_study(opens_at=now), {"closes_at": now - timedelta(days=1)}, None)


def test_the_page_says_that_the_end_has_passed_though_the_study_is_open():
    study, browser, said = make_study(), researcher(), "Nobody can rate: the end of rating has passed."
    for days, status, shown in ((1, "open", False), (-1, "open", True), (-1, "closed", False)):
        Study.objects.update(closes_at=timezone.now() + timedelta(days=days), status=status)
        assert (said in browser.get(study.get_absolute_url()).content.decode()) is shown
    again = browser.post(reverse("change-study-status", args=[study.slug]), {"change": "open"}, follow=True)
    assert said in again.content.decode()


def settings_page(study, **changes):
    """What the page answers to its own values but for these."""
    form = SettingsForm(instance=study, rated=False)
    asked = {name: value for name, value in form.initial.items() if value is not None}
    return researcher().post(reverse("study-settings", args=[study.slug]), asked | changes)


def test_the_page_says_which_date_is_wrong():
    answer = settings_page(make_study(), opens_at="2030-01-02T00:00", closes_at="2030-01-01T00:00")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Rating ends before it begins." in page
    assert "Constraint" not in page


def test_a_break_comes_within_a_day():
    study = make_study()
    assert settings_page(study, break_minutes=24 * 60 + 1).status_code == 400
    assert settings_page(study, break_minutes=24 * 60).status_code == 302


def test_saving_an_older_page_keeps_what_somebody_else_changed_meanwhile():
    study, browser = make_study(guidelines="Read.\nTwice."), researcher()
    address = reverse("study-settings", args=[study.slug])
    fields = browser.get(address).context["form"]
    opened = {bound.html_initial_name: bound.value() for bound in fields} | {f.html_name: f.value() for f in fields}
    opened = {name: value for name, value in opened.items() if value is not None and value is not False}
    change_settings(Study.objects.get(), {"quota": 7, "open_link": False}, None)
    assert browser.post(address, opened | {"title": "Another"}).status_code == 302
    study.refresh_from_db()
    assert (study.title, study.quota, study.open_link) == ("Another", 7, False)
    assert list(study.audit_entries.filter(actor="researcher").values_list("subject", flat=True)) == ["title"]


def test_the_two_systems_in_question_are_named_with_their_time():
    study = make_study(systems=3)
    small, large, _ = study.systems.order_by("slug")
    assert change_settings(study, {"small_system": small, "large_system": large}, None)
    study.refresh_from_db()
    assert (study.small_system, study.large_system) == (small, large)
    assert study.pair_named_at is not None
    assert ("setting", "small_system", None, small.slug) in entries(study)
    named_at = study.pair_named_at
    change_settings(study, {"title": "Another"}, None)
    study.refresh_from_db()
    assert study.pair_named_at == named_at
    change_settings(study, {"small_system": None, "large_system": None}, None)
    study.refresh_from_db()
    assert study.pair_named_at is None


def test_one_system_twice_or_one_of_another_study_is_no_pair():
    study, other = make_study(), make_study()
    own = study.systems.first()
    with pytest.raises(StudySetupError, match="are the same"):
        change_settings(study, {"small_system": own, "large_system": own}, None)
    with pytest.raises(StudySetupError, match="not one of the study's systems"):
        change_settings(study, {"small_system": other.systems.first()}, None)
    assert not study.audit_entries.exists()


def test_the_page_of_settings_offers_the_own_systems_and_keeps_the_choice():
    study, _ = make_study(systems=2), make_study(systems=2)
    small, large = study.systems.order_by("slug")
    client, address = researcher(), reverse("study-settings", args=[study.slug])
    fields = client.get(address).context["form"].fields
    assert list(fields["small_system"].queryset) == [small, large]
    posted = _posted(client, address) | {"small_system": small.slug, "large_system": large.slug}
    assert client.post(address, posted).status_code == 302
    study.refresh_from_db()
    assert (study.small_system, study.large_system) == (small, large)
    assert f'<option value="{small.slug}" selected>' in client.get(address).content.decode()
    named_at = study.pair_named_at
    assert client.post(address, _posted(client, address)).status_code == 302
    study.refresh_from_db()
    assert study.pair_named_at == named_at
    refused = client.post(address, _posted(client, address) | {"large_system": small.slug})
    assert refused.status_code == 400
    assert "are the same" in refused.content.decode()


@pytest.mark.parametrize(
    ("field", "theirs", "mine"),
    [("title", "Theirs", "Mine"), ("quota", "4", "5"), ("closes_at", "2999-01-02T00:00", "2999-01-03T00:00")],
)
def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(field, theirs, mine):
    study = make_study(systems=2, documents=1)
    address, client, other = f"/studies/{study.slug}/settings/", researcher(), researcher()
    opened, theirs_opened = _posted(client, address), _posted(other, address)
    assert other.post(address, theirs_opened | {field: theirs}).status_code == 302
    refused = client.post(address, opened | {field: mine, "guidelines": "Read twice."})
    assert refused.status_code == 400
    told = refused.context["form"].errors[field][0]
    assert told.startswith("Somebody else changed this meanwhile to “") and theirs[:10] in told
    now = getattr(Study.objects.get(pk=study.pk), field)
    again = _sent(refused.context["form"])
    assert again[field] == mine
    assert client.post(address, again).status_code == 302
    study.refresh_from_db()
    assert getattr(study, field) not in (now, None)
    assert study.guidelines == "Read twice."


def _posted(client, address):
    return _sent(client.get(address).context["form"])


def _sent(form):
    """What a browser sends of the page as it is: the fields, and their hidden values of before."""
    sent = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        before = form.data.get(bound.html_initial_name, value)
        for name, what in ((bound.html_name, value), (bound.html_initial_name, before)):
            if what is not False:
                sent[name] = "" if what is None else what
    return sent


@pytest.mark.parametrize("name", ["title", "annotator_title"])
@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u2060\ufe0f", "\u3164"])
def test_a_title_that_nobody_sees_is_refused(name, title):
    study = make_study(systems=2, documents=1)
    with pytest.raises(StudySetupError, match="needs at least one character that can be seen"):
        change_settings(study, {name: title}, None)


@pytest.mark.parametrize("title", ["我们的会议", "هل يكفي؟", "🎉", "<b>x</b>", "x" * 200])
def test_a_title_is_kept_as_it_was_written(title):
    study = make_study(systems=2, documents=1)
    change_settings(study, {"title": title, "annotator_title": title}, None)
    study.refresh_from_db()
    assert (study.title, study.annotator_title) == (title, title)
