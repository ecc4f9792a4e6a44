"""The example study: what it says of itself everywhere, what is refused with it, and that it goes away whole."""

import json
from collections import Counter

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from annotations.imports.ratings_import import import_ratings
from annotations.models import Annotator, Comparison, Judgement, Study
from annotations.studies.settings import change_status
from annotations.studies.setup import StudySetupError, create_study
from evalsite.example.study import SLUG, STRENGTHS, SUMMARIES, load_example, remove_example
from evalsite.example.votes import VOTES_PER_COMPARISON, _answer, pairs_of, simulated_votes
from leaderboards.boards.noninferiority import compare_pairs
from leaderboards.boards.rated import rate_board
from leaderboards.data.inputs import gather_inputs
from leaderboards.exports.service import EXPORTS, Export
from leaderboards.models.releases import ExportJob, Release
from leaderboards.releases import publishing
from lib.text.translated import VERBATIM
from models_runner.importing.records import DatasetImportError
from models_runner.models import Dataset, Summary, System
from tests.factories import UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db
SIZES = ("large", "mid", "compact", "")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The example, loaded once for all tests of this file, each of which is undone before the next."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_example(UserFactory(is_staff=True)).pk
        transaction.set_rollback(True)


@pytest.fixture
def example(loaded, db):
    return Study.objects.get(pk=loaded)


def test_every_meeting_has_a_summary_of_every_system():
    rows = [json.loads(line) for line in SUMMARIES.read_text(encoding="utf-8").splitlines()]
    assert Counter(row["system"] for row in rows) == dict.fromkeys(STRENGTHS, 10)
    assert len({(row["system"], row["document_id"]) for row in rows}) == 80
    assert all(row["summary"].strip() for row in rows)


def test_the_example_answers_its_question(example):
    assert (example.simulated, example.status) == (True, "closed")
    assert {system.size_class for system in example.systems.all()} == set(SIZES)
    assert Judgement.objects.counted().filter(criterion__study=example).count() == 280 * VOTES_PER_COMPARISON
    inputs = gather_inputs(example, example.criteria.get())
    verdicts = {
        (row["small"], row["large"]): row["verdict"] for row in compare_pairs(inputs, rate_board(inputs, 0), 0.05, 0)
    }
    assert verdicts["example-tuned-780m", "example-large-70b"] == "not inferior"
    assert verdicts["example-tuned-1b", "example-large-70b"] == "undecided"
    assert verdicts["example-lead-3", "example-large-70b"] == "inferior"


def test_loading_it_again_changes_nothing(example):
    before = Judgement.objects.count(), Summary.objects.count()
    assert load_example(None) == example
    assert (Judgement.objects.count(), Summary.objects.count()) == before


def test_the_same_seed_draws_the_same_votes():
    pairs = pairs_of(["one", "two"], list(STRENGTHS))
    first, again, other = (list(simulated_votes(pairs, STRENGTHS, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    people = Counter((vote["document_id"], vote["model_a"], vote["model_b"], vote["judge"]) for vote in first)
    assert set(people.values()) == {1}
    assert len(first) == 2 * 28 * VOTES_PER_COMPARISON


def test_answers_are_drawn_with_the_chances_of_davidson():
    # u = log 3, v = 0, ties 0.35: weights 3, 1 and 0.35 * sqrt(3).
    rng, draws = np.random.default_rng(5), 20_000
    drawn = Counter(_answer(np.log(3), 0.0, rng) for _ in range(draws))
    total = 4 + 0.35 * 3**0.5
    for answer, weight in (("model_a", 3), ("model_b", 1), ("tie", 0.35 * 3**0.5)):
        share = weight / total
        assert abs(drawn[answer] / draws - share) < 4 * (share * (1 - share) / draws) ** 0.5


def addresses_of(study):
    """Every address with a study in it that can be made from the study, an annotator and a pair."""
    pair = Comparison.objects.filter(study=study).first()
    known = {"slug": study.slug, "number": 1, "pk": pair.pk, "name": "ratings", "ending": "svg", "file_format": "csv"}
    for pattern in _patterns(get_resolver()):
        names = set(pattern.pattern.converters)
        if "slug" in names and pattern.name and names <= known.keys():
            try:
                yield pattern.name, reverse(pattern.name, kwargs={name: known[name] for name in names})
            except NoReverseMatch:
                continue


def _patterns(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern)
        else:
            yield pattern


def test_every_page_of_it_says_that_its_votes_are_simulated(example):
    client, seen = researcher(), set()
    for name, address in addresses_of(example):
        response = client.get(address)
        if response.status_code == 200 and "<html" in (page := response.getvalue().decode(errors="replace")):
            assert "Simulated votes" in page, address
            assert VERBATIM not in page, address
            seen.add(name)
    assert {"study", "board", "trust", "combined", "small-versus-large", "planning", "figures", "exports"} <= seen
    assert {"study-quality", "study-pairs", "pair", "annotator", "study-releases", "study-settings"} <= seen


def test_lists_mark_it_and_other_studies_do_not_say_it(example):
    other = make_study(systems=2, documents=1)
    client = researcher()
    for address in ("/", "/studies/"):
        assert client.get(address).content.decode().count('badge-warn">simulated votes<') == 1
    assert "imulated" not in client.get(f"/boards/{other.slug}/").content.decode()


def test_nobody_rates_among_simulated_votes(example):
    with pytest.raises(StudySetupError, match="simulated"):
        change_status(example, "open", None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.filter(pk=example.pk).update(status="open")
    page = researcher().get(f"/studies/{example.slug}/").content.decode()
    assert "Open again" not in page
    assert "/join/" not in page


def test_simulated_votes_stay_simulated_and_no_others_become_so(example):
    other = make_study(systems=2, documents=1)
    Study.objects.filter(pk=other.pk).update(status="closed")
    for study, simulated in ((example, False), (other, True)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Study.objects.filter(pk=study.pk).update(simulated=simulated)


def test_simulated_votes_are_never_released(example):
    with pytest.raises(publishing.ReleaseError, match="are simulated"):
        publishing.create_draft(example, publishing.Draft(), None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(study=example, name="x", version="1.0", created_by="x")
    other = Release.objects.create(
        study=make_study(systems=2, documents=1), name="x", version="1.0", created_by="x", status="pending"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=other.pk).update(study=example)
    other.delete()
    answer = researcher().post(reverse("make-release", args=[example.slug]), {"name": "x", "version": "1.0"})
    assert answer.status_code == 400
    assert "there is none of simulated votes" in answer.content.decode()
    assert not Release.objects.exists()


def test_votes_that_people_gave_are_not_imported_among_simulated_ones(example, tmp_path):
    export = Export(example, EXPORTS["jsonl"])
    file = tmp_path / "votes.jsonl"
    file.write_bytes(b"".join(export.parts()).replace(b"Simulated 01", b"Ana"))
    with pytest.raises(DatasetImportError, match="simulated, so it takes no others"):
        import_ratings(file, example)
    assert not example.annotators.filter(pseudonym="Ana").exists()


def test_an_export_of_it_is_named_so(example):
    assert Export(example, EXPORTS["csv"]).name.startswith("simulated-example-")


def test_it_goes_away_whole_and_nothing_else_does(example):
    other = make_study(systems=2, documents=1)
    rows = {model: model.objects.count() for model in (Study, Dataset, System, Summary, Comparison)}
    ExportJob.objects.create(study=example, created_by="x", format="csv")
    assert researcher().post(reverse("remove-example")).status_code == 302
    assert not Study.objects.filter(slug=SLUG).exists()
    left = {model: model.objects.count() for model in rows}
    assert rows[Study] - left[Study] == rows[Dataset] - left[Dataset] == 1
    assert rows[Summary] - left[Summary] == 80
    assert rows[System] - left[System] == 8
    assert left[Comparison] == other.comparisons.count()
    assert not Annotator.objects.filter(pseudonym__startswith="Simulated").exists()
    assert not remove_example()


def test_what_somebody_has_come_to_use_stays(example):
    mine = create_study("mine", example.dataset, list(example.systems.all()[:2]))
    remove_example()
    assert mine.comparisons.count() == 10
    assert Dataset.objects.filter(name="example-meetings").exists()
