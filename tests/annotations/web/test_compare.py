"""Summaries of a document side by side: which are shown, what is marked, and who must not see them."""

import pytest
from django.urls import reverse

from annotations.models import SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.people.links import invitation_path
from models_runner.models import Summary
from models_runner.templatetags.metric_names import metric_value
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, make_study
from tests.people import annotator, researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TEXTS = ("We ship on Friday.", "We ship on Monday.", "We wait.", "Nobody knows.")


@pytest.fixture
def documents():
    """Three documents; four systems summarized the first two, one of them the third."""
    dataset = DatasetFactory()
    documents = [DocumentFactory(dataset=dataset, position=n, external_id=f"m{n}") for n in range(3)]
    for number, text in enumerate(TEXTS):
        limit = {} if number == 3 else {"max_tokens": 100}
        run = RunFactory(dataset=dataset, system__slug=f"sys-{number}", system__decoding=limit)
        for document in documents if number == 0 else documents[:2]:
            SummaryFactory(run=run, document=document, text=text, output_tokens=50)
    return documents


def address(document, **query):
    return reverse("compare-summaries", args=[document.pk], query=query)


def shown(document, **query):
    return researcher().get(address(document, **query)).context["shown"]


def test_the_systems_that_were_asked_for_are_shown_in_that_order(documents):
    assert shown(documents[0], systems="sys-2,sys-0").chosen == ["sys-2", "sys-0"]
    assert shown(documents[0], systems=["sys-3", "sys-1"]).chosen == ["sys-3", "sys-1"]


def test_two_are_shown_where_fewer_were_asked_for_and_three_at_most(documents):
    assert shown(documents[0]).chosen == ["sys-0", "sys-1"]
    assert shown(documents[0], systems="sys-3,gone").chosen == ["sys-3", "sys-0"]
    many = shown(documents[0], systems="sys-0,sys-1,sys-2,sys-3")
    assert (many.chosen, many.left_out) == (["sys-0", "sys-1", "sys-2"], 1)


def test_differences_are_marked_and_can_be_switched_off(documents):
    page = researcher().get(address(documents[0], systems="sys-0,sys-1")).content.decode()
    assert 'We ship on <mark class="own">Friday</mark>.' in page
    plain = researcher().get(address(documents[0], systems="sys-0,sys-1", differences="off")).content.decode()
    assert "We ship on Friday." in plain
    assert "<mark" not in plain


def test_a_text_is_never_markup(documents):
    Summary.objects.filter(run__system__slug="sys-0").update(text="We <script>ship</script>.")
    page = researcher().get(address(documents[0])).content.decode()
    assert "<script>ship" not in page


def test_lengths_and_the_share_of_the_limit_are_told(documents):
    limited, unlimited = shown(documents[0], systems="sys-0,sys-3").items
    assert (limited.words, limited.limit) == (4, 0.5)
    assert unlimited.limit is None


def test_sentences_without_a_supporting_turn_are_told_where_evidence_is_there(documents):
    summary = Summary.objects.get(run__system__slug="sys-0", document=documents[0])
    spans = [{"start": 0, "end": 7, "turns": [{"number": 2, "score": 0.9}]}, {"start": 7, "end": 18, "turns": []}]
    SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{METHOD}|x")
    page = researcher().get(address(documents[0]))
    first, second = page.context["shown"].items
    assert (first.unsupported, [sentence.turns for sentence in first.sentences]) == (1, [(2,), ()])
    assert second.sentences is None
    assert "none found for 1 of 2 sentences" in page.content.decode()


def test_next_and_previous_keep_the_systems(documents):
    page = researcher().get(address(documents[0], systems="sys-1,sys-2"))
    assert (page.context["before"], page.context["after"]) == (None, documents[1])
    assert f"{reverse('compare-summaries', args=[documents[1].pk])}?of=medium&amp;systems=sys-1%2Csys-2" in (
        page.content.decode()
    )
    assert researcher().get(address(documents[1])).context["after"] is None  # one system alone wrote of the third


def test_what_cannot_be_compared_is_said(documents):
    page = researcher().get(address(documents[2])).content.decode()
    assert "Only sys-0 has summarized this document." in page
    assert "No system has summarized" in researcher().get(address(DocumentFactory())).content.decode()


def test_who_rates_these_summaries_sees_none_of_this():
    study = make_study(systems=2, documents=2)
    document = study.dataset.documents.first()
    client = researcher()
    assert client.get(address(document)).status_code == 200
    client.post(invitation_path(study))
    refused = client.get(address(document))
    assert refused.status_code == 403
    assert "You still have comparisons to rate" in refused.content.decode()
    other = DocumentFactory(dataset=DatasetFactory())
    assert client.get(address(other)).status_code == 200
    assert annotator().get(address(document)).status_code == 403


def test_document_and_run_pages_lead_there(documents):
    client, document = researcher(), documents[0]
    assert address(document) in client.get(document.get_absolute_url()).content.decode()
    run = Summary.objects.filter(document=document, run__system__slug="sys-2").get().run
    assert f"{address(document)}?of=medium&amp;systems=sys-2" in client.get(run.get_absolute_url()).content.decode()


def test_counts_are_whole_and_shares_have_decimals():
    values = [metric_value(3.0, "headers"), metric_value(0.0, "list_items"), metric_value(0.25, "rouge1")]
    assert values == ["3", "0", "0.250"]
    assert (metric_value(None, "headers"), metric_value(2.5, "of no metric")) == ("—", "2.500")
