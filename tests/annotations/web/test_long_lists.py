"""Researchers' pages of studies with many rows: a page at a time, in the same queries, and what was asked for stays."""

import csv
import io
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.models import Annotator, Invitation, Membership, Remark, Study
from annotations.quality.exclusion import exclude
from annotations.quality.listing import listed_annotators
from annotations.quality.report import study_quality
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.studies.audit import record
from annotations.studies.progress import progress_by_study, study_progress
from annotations.web.views import gold as gold_views
from annotations.web.views import people as people_views
from annotations.web.views import quality, studies
from tests.annotations.helpers import add_remarks, answer, make_gold, rate_everything
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


def add_annotators(study, number):
    first = study.annotators.count() + 1
    return Annotator.objects.bulk_create(
        Annotator(study=study, number=n, pseudonym=f"annotator-{n:03d}") for n in range(first, first + number)
    )


def queries(url):
    client = researcher()
    with CaptureQueriesContext(connection) as found:
        page = client.get(url)
    assert page.status_code == 200
    return len(found)


@pytest.fixture(scope="module")
def made(module_rows):
    """One who rated everything, two of whose pairs are gold and one training."""
    with module_rows():
        study = make_study(systems=3, documents=3, quota=50, slug="s", gold_every=2)
        pairs = list(study.comparisons.order_by("pk"))
        for pair, purpose in zip(pairs, ("gold", "gold", "training"), strict=False):
            make_gold(pair, purpose=purpose)
        study.refresh_from_db()
        rate_everything(AnnotatorFactory(study=study, number=1))
        return study


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


PAGES = ("studies", "study", "study-people", "study-remarks", "study-quality", "study-gold", "study-history")


@pytest.mark.parametrize("name", PAGES)
def test_more_rows_take_no_more_queries(study, name):
    url = reverse(name, args=[] if name == "studies" else ["s"])
    Invitation.objects.create(study=study, kind="link")
    add_remarks(study.annotators.get(), 1)
    queries(url)  # what a process keeps from its first request is no part of it
    before = queries(url)
    for n in range(3):
        StudyFactory(slug=f"other-{n}", dataset=study.dataset)
    add_annotators(study, 60)
    for annotator in study.annotators.order_by("pk")[1:4]:
        rate_everything(annotator)
    add_remarks(study.annotators.first(), 30)
    Invitation.objects.bulk_create(Invitation(study=study, kind="link", label=f"wave {n}") for n in range(60))
    assert queries(url) <= before


def test_progress_of_many_studies_is_that_of_each(study, django_assert_num_queries):
    other, empty = make_study(systems=2, documents=2, quota=1), StudyFactory()
    rate_everything(AnnotatorFactory(study=other))
    with django_assert_num_queries(2):
        found = progress_by_study([study, other, empty])
    assert found == {one.pk: study_progress(one) for one in (study, other, empty)}
    assert (found[study.pk].rated, found[study.pk].places) == (6, 300)
    assert (found[other.pk].comparisons, found[other.pk].rated) == (2, 2)
    assert (found[empty.pk].comparisons, found[empty.pk].places, found[empty.pk].rated) == (0, 0, 0)


def test_studies_come_in_pages(study, monkeypatch):
    monkeypatch.setattr(studies, "STUDIES_A_PAGE", 2)
    for n in range(3):
        StudyFactory(slug=f"other-{n}", dataset=study.dataset)
    client = researcher()
    shown = [[one.slug for one, _ in client.get(reverse("studies"), {"page": page}).context["rows"]] for page in (1, 2)]
    assert shown == [["other-2", "other-1"], ["other-0", "s"]]


def test_annotators_of_a_study_come_in_pages_with_what_they_rated(study, monkeypatch):
    monkeypatch.setattr(studies, "ANNOTATORS_A_PAGE", 2)
    add_annotators(study, 3)
    page = researcher().get(study.get_absolute_url(), {"annotators": 1})
    assert [(one.number, rated) for one, rated in page.context["annotator_rows"]] == [(1, 6), (2, 0)]
    assert "?annotators=2#annotators" in page.content.decode()


def test_the_study_leads_to_the_exports_beside_its_downloads(study):
    html = researcher().get(study.get_absolute_url()).content.decode()
    downloads = html.index(f'href="{reverse("board-ratings", args=["s", "jsonl"])}"')
    exports = html.index(f'href="{reverse("exports", args=["s"])}"')
    assert downloads < exports < html.index("Large files are prepared in the background") < html.index('id="progress"')


def test_the_newest_remarks_are_on_the_study_and_all_of_them_on_a_page_of_their_own(study, monkeypatch):
    monkeypatch.setattr(studies, "REMARKS_SHOWN", 2)
    add_remarks(study.annotators.get(), 5)
    html = researcher().get(study.get_absolute_url()).content.decode()
    assert html.count("Left has &lt;the&gt; date.") == 2
    assert "date. 4" in html
    assert reverse("study-remarks", args=["s"]) in html
    html = researcher().get(reverse("study-remarks", args=["s"])).content.decode()
    assert html.count("Left has &lt;the&gt; date.") == 5


def test_remarks_are_found_by_kind_words_who_and_document(study, monkeypatch):
    monkeypatch.setattr(studies, "REMARKS_A_PAGE", 2)
    (other,) = add_annotators(study, 1)
    add_remarks(study.annotators.first(), 3)
    add_remarks(other, 3, kind="skip", text="The right one breaks off.")
    client = researcher()

    def found(**query):
        return client.get(reverse("study-remarks", args=["s"]), query).context["page"].paginator.count

    document = other.assignments.get().comparison.document
    assert found() == 6
    assert found(kind="skip") == found(find="BREAKS OFF") == found(find=other.pseudonym) == 3
    assert found(kind="problem", find="breaks off") == 0
    assert found(find=document.external_id) >= 3
    html = client.get(reverse("study-remarks", args=["s"]), {"kind": "skip", "page": 2}).content.decode()
    assert "?kind=skip&amp;page=1" in html
    wrong = client.get(reverse("study-remarks", args=["s"]), {"kind": "praise"})
    assert wrong.context["page"].paginator.count == 6
    assert "praise is not one of the available choices" in wrong.content.decode()


@pytest.fixture
def changes(study, monkeypatch):
    """Two settings by mira, one by noor, an invitation by mira and the end of a study from the command line."""
    monkeypatch.setattr(studies, "ENTRIES_A_PAGE", 2)
    study.audit_entries.all().delete()
    mira, noor = UserFactory(username="mira"), UserFactory(username="noor")
    for who, action in (
        (mira, "setting"),
        (noor, "setting"),
        (mira, "invitation"),
        (mira, "setting"),
        (None, "status"),
    ):
        record(study, who, action, "title")
    return study


def history(**query):
    page = researcher().get(reverse("study-history", args=["s"]), query)
    return page, [(entry.actor, entry.action) for entry in page.context["entries"]]


def test_changes_are_found_by_what_and_by_whom(changes):
    record(StudyFactory(), UserFactory(username="miranda"), "setting", "elsewhere")
    assert history()[0].context["entries"].paginator.count == 5
    assert history(action="status")[1] == [("command line", "status")]
    assert history(who="MIRA", action="setting")[1] == [("mira", "setting"), ("mira", "setting")]
    assert history(who="mira")[0].context["entries"].paginator.count == 3
    assert history(who="%")[1] == []
    assert "No entries match." in history(who="nobody")[0].content.decode()


def test_pages_of_changes_keep_what_was_asked_for(changes):
    page, rows = history(who="mira", page=2)
    assert rows == [("mira", "setting")]
    assert "?who=mira&amp;page=1" in page.content.decode()
    assert '<input type="text" name="who" value="mira"' in page.content.decode()


def test_what_no_change_is_called_is_told_and_shows_all(changes):
    page, _ = history(action="<b>praise")
    assert page.context["entries"].paginator.count == 5
    assert "praise is not one of the available choices" in page.content.decode()


def test_a_history_that_is_narrowed_takes_no_more_statements(changes):
    assert queries(reverse("study-history", args=["s"]) + "?who=mira&action=setting") <= queries(
        reverse("study-history", args=["s"])
    )


@pytest.mark.parametrize(("said", "stands"), [(["One."], ["One."]), (["One.", "Two."], ["Two."]), (["One.", ""], [])])
def test_a_comment_that_was_changed_or_taken_away_is_not_shown(study, said, stands):
    first, other = study.annotators.get().assignments.order_by("pk")[:2]
    for text in said:
        Remark.objects.create(assignment=first, kind="comment", text=text, client_key=uuid.uuid4())
    Remark.objects.create(assignment=first, kind="problem", reason="other", text="Both.", client_key=uuid.uuid4())
    Remark.objects.create(assignment=other, kind="comment", text="Another pair.", client_key=uuid.uuid4())
    page = researcher().get(reverse("study-remarks", args=["s"])).context["page"]
    assert [remark.text for remark in page] == ["Another pair.", "Both.", *stands]


def test_remarks_are_a_file_too(study):
    add_remarks(study.annotators.get(), 2, text="=1+1 <b>")
    add_remarks(study.annotators.get(), 1, kind="skip", text="Skipped.")
    url = reverse("remarks-csv", args=["s"])
    assert (
        f'href="{url}?kind=problem"'
        in researcher().get(reverse("study-remarks", args=["s"]), {"kind": "problem", "page": 1}).content.decode()
    )
    client = researcher()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url, {"kind": "problem"})
        rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="s-remarks.csv"'
    assert [row["text"] for row in rows] == ["'=1+1 <b> 1", "'=1+1 <b> 0"]
    comparison = study.annotators.get().assignments.first().comparison
    assert (rows[0]["comparison_id"], rows[0]["document"]) == (str(comparison.pk), comparison.document.external_id)
    assert (rows[0]["annotator"], rows[0]["kind"], rows[0]["reason"]) == ("annotator-001", "problem", "broken")
    assert len(queries) <= 5  # session, user, study, whether they rate here, remarks


def test_a_file_of_remarks_that_is_asked_for_wrongly_is_refused(study):
    refused = researcher().get(reverse("remarks-csv", args=["s"]), {"kind": "<b>praise"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "praise is not one of the available choices" in refused.content.decode()


def test_a_study_without_remarks_says_so(study):
    page = researcher().get(reverse("study-remarks", args=["s"]))
    assert "No remarks yet." in page.content.decode()


@pytest.fixture
def crowd(study, monkeypatch):
    """Five people who came by an address or a platform, and five invitations; two rows a page."""
    monkeypatch.setattr(people_views, "ROWS_A_PAGE", 2)
    made = Invitation.objects.bulk_create(
        Invitation(study=study, kind="email", label=f"person{n}@example.org", max_uses=1) for n in range(5)
    )
    for n, annotator in enumerate(add_annotators(study, 5)):
        annotator.invitation, annotator.external_id = made[n], f"prolific{n}"
        annotator.save()
    return made


def people(**query):
    return researcher().get(reverse("study-people", args=["s"]), query)


def test_people_come_in_two_lists_of_pages(crowd):
    page = people(invitations=3, annotators=2)
    assert len(page.context["invitation_rows"]) == 1
    assert [one.number for one, *_ in page.context["annotator_rows"]] == [3, 4]
    html = page.content.decode()
    assert "/people/?invitations=2&amp;annotators=2#invitations" in html
    assert "/people/?invitations=3&amp;annotators=3#annotators" in html


def test_a_person_is_found_by_anything_they_are_known_by(crowd):
    for find in ("person3@", "PROLIFIC3", "annotator-005"):
        assert [one.number for one, *_ in people(find=find).context["annotator_rows"]] == [5]
    assert [one.label for one, _ in people(find="person3").context["invitation_rows"]] == ["person3@example.org"]
    assert people(find="%").context["annotator_rows"] == []
    assert "No annotators match." in people(find="nobody").content.decode()


def test_taking_an_invitation_back_leads_back_to_the_page_of_the_list(crowd):
    url = reverse("revoke", args=["s", crowd[0].public_id])
    assert f"{url}?invitations=3" in people(invitations=3).content.decode()
    answer = researcher().post(f"{url}?invitations=3")
    assert answer.url == reverse("study-people", args=["s"]) + "?invitations=3"


def test_pages_of_a_form_that_was_refused_lead_to_the_page_itself(crowd):
    html = researcher().post(reverse("invite", args=["s"]), {"kind": "email"}).content.decode()
    assert f'href="{reverse("study-people", args=["s"])}?invitations=2#invitations"' in html


def test_annotators_on_quality_come_in_pages_and_leaving_one_out_keeps_the_list(study, monkeypatch):
    monkeypatch.setattr(quality, "ANNOTATORS_A_PAGE", 2)
    add_annotators(study, 3)
    client = researcher()
    url = reverse("study-quality", args=["s"])
    page = client.get(url, {"order": "rated", "page": 2})
    assert [row.annotator.number for row in page.context["page"]] == [3, 4]
    html = page.content.decode()
    assert "?order=rated&amp;page=1#annotators" in html
    exclusion = reverse("exclusion", args=["s", 3])
    assert f"{exclusion}?order=rated&amp;page=2" in html
    answer = client.post(f"{exclusion}?order=rated&page=2", {"change": "exclude", "reason": "Clicks."})
    assert answer.url == f"{url}?order=rated&page=2#annotators"
    assert [row.annotator.number for row in client.get(url, {"show": "out"}).context["page"]] == [3]
    assert "No annotators match." in client.get(url, {"find": "nobody"}).content.decode()


@pytest.mark.usefixtures("other_address")
def test_annotators_are_chosen_and_ordered_with_the_undefined_last():
    study = make_study(systems=3, documents=4, quota=4, slug="s")
    pairs = list(study.comparisons.order_by("pk"))
    make_gold(pairs[0], outcomes=("a",))
    for number, outcome in enumerate("aabb", start=1):
        annotator = AnnotatorFactory(study=study, number=number)
        while assignment := next_assignment(annotator):
            answer(assignment, outcome)
    AnnotatorFactory(study=study, number=5)
    exclude(study.annotators.get(number=2), "Slow.", None)
    rows = study_quality(study).annotators

    def numbers(**asked):
        return [row.annotator.number for row in listed_annotators(rows, **asked)]

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers(show="out") == [2]
    assert numbers(show="in") == [1, 3, 4, 5]
    assert numbers(find="OR-004") == [4]
    # 1 stands alone against 3 and 4; whoever has no votes that count agrees with nobody, and not the least.
    assert numbers(order="agreement")[:3] == [1, 3, 4]
    assert numbers(order="rated")[-1] == 5
    warned = {row.annotator.number for row in rows if row.warnings}
    assert numbers(show="look") == sorted(warned)


def test_gold_and_training_come_in_pages(study, monkeypatch):
    monkeypatch.setattr(gold_views, "ITEMS_A_PAGE", 1)
    page = researcher().get(reverse("study-gold", args=["s"]), {"gold": 2})
    gold = study.comparisons.filter(purpose="gold").order_by("control_item__pk").last()
    assert [row.pair.comparison_id for row in page.context["rows"]["gold"]] == [gold.pk]
    assert len(page.context["rows"]["training"]) == 1
    html = page.content.decode()
    assert f"{reverse('study-gold', args=['s'])}?gold=1#gold" in html
    url = reverse("change-gold", args=["s", gold.control_item.pk])
    assert f"{url}?gold=2" in html
    answer = researcher().post(f"{url}?gold=2", {"change": "off"})
    assert answer.url == reverse("study-gold", args=["s"]) + "?gold=2"


@pytest.mark.usefixtures("other_address")
def test_quality_shows_the_gold_that_the_fewest_answer_as_expected(monkeypatch):
    monkeypatch.setattr(quality, "GOLD_SHOWN", 1)
    study = make_study(systems=2, documents=3, quota=1, slug="s", gold_every=2)
    for pair, outcomes in zip(study.comparisons.order_by("pk")[:2], (("a",), ("b",)), strict=True):
        make_gold(pair, outcomes=outcomes)
    study.refresh_from_db()
    annotator = AnnotatorFactory(study=study)
    for comparison in study.comparisons.all():
        answer(take_comparison(annotator, comparison.pk, timezone.now()), "a")
    page = researcher().get(reverse("study-quality", args=["s"]))
    (row,) = page.context["gold"]
    assert (row.expected, row.right.hits, row.right.n) == ("overall b", 0, 1)
    assert "The 1 of 2 items that the fewest people answered as expected." in page.content.decode()


def test_who_is_no_staff_gets_no_links_to_pages_of_staff(study):
    owner, client = UserFactory(), Client()
    Membership.objects.create(study=study, user=owner, role="owner")
    client.force_login(owner)
    add_remarks(study.annotators.get(), 1)
    pages = (*PAGES, "disagreements", "choose-gold")
    for name in pages:
        html = client.get(reverse(name, args=[] if name == "studies" else ["s"])).content.decode()
        for staff in ("documents", "datasets", "systems", "summaries"):
            assert f'href="/{staff}/' not in html.partition("<main")[2], (name, staff)
    assert "/documents/" in researcher().get(study.get_absolute_url()).content.decode()
