"""When ratings helped by metrics are not to be trusted: how documents came to have votes, and what metrics show."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F
from django.urls import reverse

from annotations.models import Annotator, Study
from leaderboards.boards.analysis import alike, inputs
from leaderboards.boards.analysis.analyse import compute_combined
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.methods import judging_of, paragraph
from models_runner.models import Document, Score
from tests.leaderboards.analysed import make_scored_study
from tests.leaderboards.helpers import build_board

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Nothing here is about how many are drawn."""
    monkeypatch.setattr(inputs, "RESAMPLES", 100)


def helped(study):
    return compute_combined(gather_inputs(study, study.criteria.first()), 0)["helped"]


def voted_documents(study):
    return Document.objects.filter(comparisons__study=study).distinct()


def choose(study, documents):
    Study.objects.filter(pk=study.pk).update(which_documents="chosen")
    study.documents.set(documents)
    study.refresh_from_db()


def raise_scores(study, by):
    """Metrics put documents with votes higher than the others."""
    scores = Score.objects.filter(name="rouge1", summary__document__in=voted_documents(study))
    assert scores.update(value=F("value") + by) > 0


def test_documents_of_a_whole_dataset_are_drawn_and_alike():
    study = make_scored_study(documents=10, unvoted=12)
    found = helped(study)
    documents = found["documents"]
    assert (documents["rule"], documents["voted"], documents["unvoted"]) == ("drawn", 10, 12)
    assert documents["chance"] == pytest.approx(10 / 22)
    assert documents["p"] > 0.05
    assert (documents["doubt"], documents["refused"], documents["differ"]) == ("", "", [])
    assert found["systems"]


def test_few_documents_are_not_tested():
    documents = helped(make_scored_study(documents=6, unvoted=4))["documents"]
    assert documents["p"] is None
    assert documents["reason"].startswith("there are fewer than 5 documents with votes, or without")


def test_documents_that_metrics_tell_apart_do_not_help():
    study = make_scored_study(documents=10, unvoted=12)
    raise_scores(study, 0.2)
    found = helped(study)
    assert found["systems"] == []
    assert found["reason"] == "documents with votes differ from the others, more than by a random choice, in rouge1"
    (row,) = found["documents"]["differ"]
    assert (row["metric"], row["system"]) == ("rouge1", "")
    assert row["difference"] > 1
    assert row["p"] == found["documents"]["p"] <= 0.05


def test_only_the_chosen_documents_help_where_documents_were_chosen():
    study = make_scored_study(documents=6, unvoted=8)
    voted = list(voted_documents(study))
    choose(study, voted)
    assert helped(study)["reason"].startswith("the documents with votes were chosen, so others may be unlike them")
    choose(study, [*voted, *Document.objects.exclude(pk__in=[document.pk for document in voted])[:5]])
    found = helped(study)
    assert (found["other_documents"], found["documents"]["rule"]) == (5, "chosen")


def test_a_sample_stands_for_the_documents_it_was_drawn_from():
    study = make_scored_study(documents=6, unvoted=8)
    Study.objects.update(which_documents="sample")
    study.documents.set(voted_documents(study))
    study.refresh_from_db()
    found = helped(study)["documents"]
    assert (found["rule"], found["doubt"]) == ("unknown", alike.NOT_RECORDED)
    Document.objects.filter(pk__in=voted_documents(study)).update(split="test")
    others = Document.objects.filter(split="").order_by("pk")
    Document.objects.filter(pk__in=[document.pk for document in others[:5]]).update(split="test")
    Study.objects.update(drawn_from=11, drawn_from_split="test")
    study.refresh_from_db()
    found = helped(study)["documents"]
    assert (found["rule"], found["doubt"], found["unvoted"]) == ("drawn", "", 5)


def test_imported_votes_say_nothing_of_how_their_documents_were_chosen(client, django_user_model):
    study = make_scored_study(documents=6, unvoted=8)
    Annotator.objects.filter(pk=study.annotators.first().pk).update(imported=True, user=None, invitation=None)
    found = helped(study)
    assert (found["documents"]["rule"], found["documents"]["doubt"]) == ("elsewhere", alike.ELSEWHERE)
    assert found["systems"]
    client.force_login(django_user_model.objects.create_superuser("root"))
    page = client.get(reverse("combined", args=[study.slug])).content.decode()
    assert "Do not rely on ratings helped by metrics here: votes were given elsewhere" in page
    chinese = {"accept-language": "zh-hans"}
    page = client.get(reverse("combined", args=[study.slug]), headers=chinese).content.decode()
    assert "Do not rely" not in page
    assert "nothing says how" not in page


def test_page_command_and_file_say_why(client, django_user_model):
    study = make_scored_study(documents=10, unvoted=12)
    raise_scores(study, 0.2)
    client.force_login(django_user_model.objects.create_superuser("root"))
    page = client.get(reverse("combined", args=[study.slug])).content.decode()
    assert "Documents with votes (10) are not like those without (12)" in page
    assert "Votes alone" not in page
    told = client.get(reverse("combined-json", args=[study.slug])).json()["helped"]["documents"]
    assert told["refused"]
    out = StringIO()
    call_command("analyse", study.slug, stdout=out)
    assert "Documents with votes (10) are not like those without (12)" in " ".join(out.getvalue().split())


def test_the_page_says_that_documents_are_alike(client, django_user_model):
    study = make_scored_study(documents=10, unvoted=12)
    client.force_login(django_user_model.objects.create_superuser("root"))
    page = client.get(reverse("combined", args=[study.slug])).content.decode()
    assert "random order drawn by the study&#x27;s seed; 45% have some so far" in page
    assert "Documents with votes (10) are like those without (12)" in page
    assert "Votes alone" in page


def test_methods_say_how_documents_were_taken_and_which_pairs_came_first():
    study = make_scored_study(documents=6)
    board = build_board(study, study.criteria.get())

    def said():
        study.refresh_from_db()
        return " ".join(paragraph(board, judging_of(study))[0])

    assert "random sample drawn" not in said()
    Study.objects.update(which_documents="sample", drawn_from=40, seed=7)
    assert "The documents were a random sample drawn from 40 by seed 7." in said()
    small, large = study.systems.order_by("pk")[:2]
    named = {"small_system": small, "large_system": large, "pair_named_at": study.created_at}
    Study.objects.update(which_documents="chosen", drawn_from=None, sampling="question", **named)
    assert "The documents were chosen, not drawn at random" in said()
    assert "a share of 0.2 of the draws was from all pairs of a document alike." in said()
