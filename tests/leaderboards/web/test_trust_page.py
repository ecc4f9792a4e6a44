"""Trust and human + automatic as pages and as data."""

import re
import uuid
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client

from annotations.models import Judgement, JudgementRevision, Study
from leaderboards.boards.analysis import inputs, metrics, robustness
from leaderboards.presentation.analysis import words as analysis_words
from leaderboards.web.views import trust
from models_runner.models import Score, Summary
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.analysed import make_scored_study
from tests.leaderboards.helpers import make_rated_study, score, system_slugs
from tests.people import annotator as somebody
from tests.people import researcher, stranger

# Forms of figures, and a page; test_views.py opens the board's page on both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = ["trust/", "trust/votes/", "combined/"]
DATA = ["trust/trust.json", "combined/combined.json"]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Nothing here is about how many are drawn."""
    monkeypatch.setattr(inputs, "RESAMPLES", 100)
    monkeypatch.setattr(metrics, "LEAST_RESAMPLES", 50)
    monkeypatch.setattr(metrics, "RESAMPLES", 50)
    # However many votes it takes: here some set is always found, and is on one page.
    monkeypatch.setattr(robustness, "MOST", 1.0)
    monkeypatch.setattr(trust, "VOTES_A_PAGE", 1000)
    cache.clear()


@pytest.fixture(scope="module")
def made(module_rows):
    with module_rows():
        return make_scored_study(slug="meetings", documents=5, unvoted=6, quota=3, criteria=("overall", "fluency"))


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def address(page, **query):
    return f"/boards/meetings/{page}?{urlencode(query)}"


def read(page, **query):
    response = researcher().get(address(page, **query))
    assert response.status_code == 200
    return response.json() if page.endswith(".json") else response.content.decode()


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("page", PAGES + DATA)
def test_researchers_may_see_it_others_not(study, page):
    assert researcher().get(address(page)).status_code == 200
    assert somebody().get(address(page)).status_code == 404
    assert stranger().get(address(page))["Location"].startswith("/login/?next=")
    assert researcher().get(address(page, criterion="x")).status_code == 404
    assert researcher().post(address(page)).status_code == 405


@pytest.mark.parametrize("page", PAGES + DATA)
@pytest.mark.usefixtures("other_address")
def test_who_still_has_rating_to_do_sees_no_result(page):
    study = make_rated_study(slug="meetings", systems=2, documents=2, annotators=1)
    user = UserFactory(is_staff=True)
    AnnotatorFactory(study=study, user=user)
    client = Client()
    client.force_login(user)
    response = client.get(address(page))
    assert response.status_code == 403
    assert not any(slug in response.content.decode() for slug in system_slugs(study))


def test_the_page_says_in_words_and_numbers_what_the_data_say(study):
    html, found = read("trust/"), read("trust/trust.json")
    text = plain(html)
    for sentence in (
        analysis_words.on_agreement(found["agreement"]),
        analysis_words.on_sides(found["side_bias"]),
        analysis_words.on_metrics(found["metrics"]),
        analysis_words.on_length(found["length"]),
        *(analysis_words.on_votes(top, found["votes"]) for top in found["robustness"]["tops"]),
    ):
        assert sentence in text.replace("&#x27;", "'")
    alpha = found["agreement"]["alpha"]
    assert f"{alpha['value']:.2f} ({alpha['lower']:.2f} to {alpha['upper']:.2f})" in text.replace("( ", "(")
    assert html.count('class="scatter-dot"') == 2 * 4  # two metrics are scored, four systems each
    assert found["fingerprint"] in html


def test_every_plot_says_the_same_without_a_picture(study):
    html, found = read("trust/"), read("trust/trust.json")
    rouge = next(metric for metric in found["metrics"] if metric["metric"] == "rouge1")
    description = re.search(r'id="scatter-rouge1-text">(.*?)</desc>', html)[1]
    assert description == "; ".join(
        f"{p['system']}: {p['metric']:.3g}, rating {p['rating']:.0f}" for p in rouge["points"]
    )


def test_the_votes_it_hangs_on_can_be_read(study):
    found = read("trust/trust.json")
    first = found["robustness"]["tops"][0]
    html = read("trust/")
    assert f'href="/boards/meetings/trust/votes/?criterion=overall&amp;top={first["k"]}"' in html
    shown = read("trust/votes/", top=first["k"])
    votes = Judgement.objects.filter(public_id__in=first["votes"]["ids"])
    assert len(votes) == first["votes"]["count"] > 0
    for vote in votes:
        comparison = vote.assignment.comparison
        assert f'id="vote-{vote.pk}"' in shown
        assert comparison.summary_a.text in shown
        assert comparison.summary_b.text in shown


def test_length_is_a_toggle_in_the_address(study):
    judged, equal = read("trust/"), read("trust/", show="equal-length")
    row = read("trust/trust.json")["length"]["systems"][0]
    assert "Rating as judged" in judged
    assert "Rating at equal length" in equal
    controlled = row["controlled"]
    assert f"({controlled['lower']:.0f} to {controlled['upper']:.0f})" in plain(equal).replace("( ", "(")


def test_a_second_look_computes_nothing_and_a_new_vote_does(study, monkeypatch):
    computed = []
    original = metrics.metric_trust
    monkeypatch.setattr(metrics, "metric_trust", lambda *a, **k: computed.append(1) or original(*a, **k))
    read("trust/")
    read("trust/trust.json")
    assert len(computed) == 2  # one a scored metric
    gone = Judgement.objects.filter(criterion__key="overall").first()
    gone.delete()
    JudgementRevision.objects.create(
        assignment=gone.assignment, criterion=gone.criterion, client_key=uuid.uuid4(), outcome=""
    )
    read("trust/")
    assert len(computed) == 4


@pytest.mark.usefixtures("other_address")
def test_nothing_yet_is_said_and_not_drawn():
    make_study(slug="meetings", systems=2)
    for page in PAGES:
        html = read(page)
        assert "no votes yet" in html
        assert "nan" not in plain(html).split()
        assert "None" not in plain(html)


def test_no_weights_are_asked_for_where_there_is_nothing_to_weigh():
    empty = make_study(systems=2, documents=2)
    html = researcher().get(f"/boards/{empty.slug}/combined/").content.decode()
    assert "There is nothing to combine yet" in html
    assert "Set its weight to 0" not in html
    assert ">Apply</button>" not in html


def test_helped_ratings_stand_beside_those_of_votes_alone(study):
    found, text = read("combined/combined.json")["helped"], plain(read("combined/"))
    assert analysis_words.on_help(found) in text
    for row in found["systems"]:
        for key in ("helped", "human"):
            figure = row[key]
            shown = f"{figure['value']:.0f} ({figure['lower']:.0f} to {figure['upper']:.0f})"
            assert shown in text.replace("( ", "(").replace(" )", ")")


def test_weights_come_from_the_address_and_stay_in_the_form(study):
    html = read("combined/", w_rating=1, w_rouge1=3)
    assert re.search(r'name="w_rouge1"[^>]* value="3"', html)
    found = read("combined/combined.json", w_rating=1, w_rouge1=3)["index"]
    assert found["weights"] == {"rating": 1, "rouge1": 3}
    order = re.findall(r'<th scope="row">([^<]+)</th><td class="number">-?\d', html)
    assert order[-4:] == [row["system"] for row in found["systems"]]
    usual = read("combined/combined.json")["index"]["weights"]
    assert usual == {"rating": 1}  # neither ROUGE-L nor BERTScore is there


def test_weights_that_make_no_index_are_refused_in_words(study):
    response = researcher().get(address("combined/", w_rating="much"))
    assert response.status_code == 400
    assert "The weight of rating is &#x27;much&#x27;. Expected a number" in response.content.decode()
    assert 'value="much"' in response.content.decode()
    answer = researcher().get(address("combined/combined.json", w_rating="0"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_weights")


def test_no_score_no_plot(study):
    Score.objects.all().delete()
    html = read("trust/")
    assert "scatter-dot" not in html
    assert "The summaries are not scored yet." in html
    assert "the summaries are not scored yet" in read("combined/")


def test_plots_of_further_metrics_are_folded(study):
    summaries = list(Summary.objects.filter(run__dataset=study.dataset).order_by("pk"))
    names = ["coverage", "novel_2grams", "entity_precision", "chrf", "nli", "minicheck", "claims"]
    for name in names:
        score(summaries, name, [n / len(summaries) for n in range(len(summaries))], metric=name, signature=f"{name}|1")
    page = read("trust/")
    before, _, folded = page.partition("Further metrics against the rating")
    assert before.count('class="scatter-frame"') == 6
    assert "Claims supported against rating" in folded.partition("</details>")[0]
    assert "Further metrics" not in before
