"""Making a system in the browser: the form, trials before anything is stored, duplicates."""

import json
from datetime import timedelta

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from models_runner.models import Run, Summary, System, Trial
from models_runner.runs.trials import work_on_trial
from models_runner.systems import catalog
from models_runner.web.system_form import ADAPTER_LABELS, SystemForm
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SystemFactory
from tests.models_runner.web.new_system import post, values_of
from tests.people import annotator, researcher, stranger
from tests.servers.endpoint import always, completion, endpoint

pytestmark = pytest.mark.django_db
GOOD = (200, {}, completion("The library opens on Monday.", prompt_tokens=40))


@pytest.fixture
def document():
    dataset = DatasetFactory(name="library")
    turns = [{"speaker": "Maya", "content": "We open on Monday."}]
    return DocumentFactory(dataset=dataset, external_id="m1", transcript=turns)


@pytest.fixture
def sent(monkeypatch):
    messages = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: messages.append((task, args)))
    return messages


def test_it_is_for_staff():
    for address in ("/new-system/", "/new-system/?adapter=openai", "/new-system/trials/1/"):
        assert stranger().get(address).status_code == 302
        assert annotator().get(address).status_code == 403
    assert post("create", client=annotator()).status_code == 403
    assert not System.objects.exists()


def test_it_offers_every_adapter_but_that_of_tests_and_every_entry():
    page = researcher().get("/new-system/").content.decode()
    assert all(f"?adapter={key}" in page for key in ADAPTER_LABELS)
    assert "scripted" not in page
    assert all(f"?from={slug}" in page for slug in catalog.all_entries() if slug != "reference")
    assert f'href="/new-system/?from={SystemFactory(adapter="imported", slug="ours").slug}"' in (
        researcher().get("/systems/ours/").content.decode()
    )


@pytest.mark.parametrize("address", ["?adapter=OpenAI", "?adapter=scripted", "?from=nobody"])
def test_what_does_not_exist_is_not_found(address):
    assert researcher().get(f"/new-system/{address}").status_code == 404


def test_an_adapter_that_does_not_exist_is_refused_everywhere():
    with pytest.raises(ValidationError, match=r"There is no adapter 'OpenAI'\. Known adapters:"):
        System(slug="a", name="A", adapter="OpenAI", regime="zero-shot").full_clean()
    with pytest.raises(catalog.CatalogError, match="adapter is 'OpenAI'"):
        catalog.check_entry("a", {"name": "A", "adapter": "OpenAI", "regime": "zero-shot"})


def test_a_system_is_made_as_by_the_command(tmp_path):
    values = {
        "engine_preset": "vllm", "engine_key_env": "VLLM_API_KEY", "engine_concurrency": "8", "engine_thinking": "false",
        "engine_system_message": "merge", "engine_more": '{"extra_body": {"top_k": 20}}', "decoding_more": '{"top_p": 0.9}',
        "repetition_penalty": "1.1", "max_tokens_long": "512", "long_input": "chapterize:rewrite", "chapter_tokens": "200",
        "price_hour": "1.9", "parameters": "8030261248", "licence": "MIT", "about": "Ours.",
    }  # fmt: skip
    assert post("create", **values).headers["Location"] == "/systems/far/"
    made = System.objects.get(slug="far")
    record = {
        "name": "Far away", "adapter": "openai", "regime": "zero-shot", "model_id": "big", "context_window": 8192,
        "parameters": 8030261248, "licence": "MIT", "about": "Ours.", "price": {"hour": 1.9},
        "prompt_template": "{transcript}\n\n{instruction}",
        "decoding": {"max_tokens": {"long": 512, "short": 96}, "temperature": 0, "seed": 1, "repetition_penalty": 1.1,
                     "top_p": 0.9},
        "long_input": {"strategy": "chapterize", "combine": "rewrite", "chapter_tokens": 200},
        "engine": {"base_url": "http://127.0.0.1:9/v1", "preset": "vllm", "key_env": "VLLM_API_KEY", "concurrency": 8,
                   "thinking": False, "system_message": "merge", "extra_body": {"top_k": 20}},
    }  # fmt: skip
    (tmp_path / "same.yaml").write_text(yaml.safe_dump({"same": record}))
    call_command("systems", add=tmp_path / "same.yaml")
    same = System.objects.get(slug="same")
    assert {n: getattr(made, n) for n in catalog.FIELDS} == {n: getattr(same, n) for n in catalog.FIELDS}


@pytest.mark.parametrize("slug", sorted(set(catalog.all_entries()) - {"reference"}))
def test_a_duplicate_of_any_entry_says_the_same(slug):
    client = researcher()
    form = client.get(f"/new-system/?from={slug}").context["form"]
    assert form["slug"].value() != slug
    data = values_of(form)
    if form.adapter == "openai":
        data |= {"engine_base_url": data.get("engine_base_url", "http://127.0.0.1:9/v1")}
    made = SystemForm(form.adapter, data)
    assert made.is_valid(), made.errors
    _, entry = made.entry()
    expected = dict(catalog.all_entries()[slug])
    if form.adapter == "openai":  # the catalogue knows no address; the form asks for one
        entry["engine"].pop("base_url")
        expected["engine"] = {name: value for name, value in expected["engine"].items() if value}
    limits = expected.get("decoding", {}).get("max_tokens")
    if isinstance(limits, dict):  # the form has a field for each kind, filled with what counts where none is given
        assert {kind: entry["decoding"]["max_tokens"][kind] for kind in limits} == limits
        entry["decoding"]["max_tokens"] = limits
    if "long_input" in entry:
        expected = {"long_input": {"strategy": "truncate", "keep": "head"}} | expected
    assert {n: v for n, v in entry.items() if v} == {n: v for n, v in expected.items() if v}


def test_a_copy_of_a_fine_tuned_system_keeps_its_base():
    SystemFactory(slug="child", base=SystemFactory(slug="parent"), adapter="transformers", model_id="/weights")
    assert researcher().get("/new-system/?from=child").context["form"]["base"].value() == "parent"


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"engine_base_url": "http://203.0.113.5/v1"}, "", "is not allowed"),
        ({"engine_base_url": "ftp://127.0.0.1/"}, "engine_base_url", "must be an http or https address"),
        ({"engine_key_env": "sk-12345"}, "engine_key_env", "never the key itself"),
        ({"engine_more": '{"api_key": "1"}'}, "", "looks like a key"),
        ({"engine_more": "[1]"}, "engine_more", "Expected settings by name"),
        ({"engine_more": '{"limit_field": "a b"}'}, "", "expected a name"),
        ({"engine_more": '{"quantization": "3bit"}'}, "", "engine.quantization is '3bit'; expected one of 4bit, 8bit"),
        ({"engine_more": '{"device_map": {"model": "disk"}}'}, "", "engine.device_map puts"),
        ({"prompt_template": "Sum it up."}, "prompt_template", "“Prompt” has no {transcript} in it"),
        ({"long_input": "chapterize:shuffle"}, "long_input", "Select a valid choice"),
        ({"base": "nobody"}, "base", "There is no system 'nobody'"),
        ({"context_window": ""}, "context_window", "required"),
        ({"context_window": "10"}, "context_window", "576 or more"),
        ({"context_window": "700", "engine_thinking_tokens": "512"}, "context_window", "1088 or more"),
        ({"slug": "a+b"}, "slug", "letters, digits, - and _"),
        ({"engine_more": '{"base_url": "http://127.0.0.1:8/v1"}'}, "engine_more", "“Address” has a field of its own"),
        ({"engine_more": '{"concurrency": 8}'}, "engine_more", "“Requests at a time” has a field of its own"),
        ({"decoding_more": '{"seed": 4}'}, "decoding_more", "“Seed” has a field of its own"),
        ({"price_batch": "7"}, "price_batch", "less than or equal to 1"),
        ({"price_input": "1e30"}, "price_input", "less than or equal to 1000000"),
        ({"price_input": "-1"}, "price_input", "greater than or equal to 0"),
        ({"engine_concurrency": "100000"}, "engine_concurrency", "less than or equal to 1000"),
        ({"decoding_more": '{"temperature": NaN}'}, "decoding_more", "NaN is no JSON value"),
        ({"decoding_more": "[" * 100_000}, "decoding_more", "nested too deeply"),
        ({"decoding_more": "9" * 5000}, "decoding_more", "more than 4300 digits"),
        ({"decoding_more": r'{"stop": "\u0000"}'}, "decoding_more", "NUL"),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_stored(changed, field, words):
    page = post("create", **changed)
    errors = page.context["form"].errors.get(field or "__all__")
    assert errors, page.context["form"].errors
    assert words in str(errors[0])
    assert page.status_code == 200
    assert not System.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "“Address” must hold no name or password. Name the key's variable in “Variable of the key”."),
        ("zh-hans", "“网址”不能含有用户名或密码。请把密钥的变量名写进“密钥的变量”。"),
    ],
)
def test_a_message_names_the_fields_as_the_form_does(language, words):
    form = post("create", engine_base_url="http://ana:secret@127.0.0.1/v1").context["form"]
    with translation.override(language):
        assert form.errors["engine_base_url"] == [words]


def test_a_name_that_is_taken_by_another_system_is_refused():
    SystemFactory(slug="far", adapter="imported")
    assert "another system has this name" in post("create").context["form"].errors["slug"][0]
    assert System.objects.get().adapter == "imported"


def test_a_trial_shows_prompt_answer_tokens_and_price_and_stores_no_system(
    document, sent, django_capture_on_commit_callbacks
):
    client = researcher()
    with endpoint(always(*GOOD[:1], GOOD[2])) as server:
        with django_capture_on_commit_callbacks(execute=True):
            part = post("try", client=client, htmx=True, engine_base_url=server.url, try_dataset="library",
                        try_instruction="short", price_input="2", price_output="10").content.decode()  # fmt: skip
        trial = Trial.objects.get()
        assert sent == [("models_runner.tasks.try_system", (trial.pk,))]
        assert "Waiting for a worker" in part
        assert f'hx-get="/new-system/trials/{trial.pk}/"' in part
        assert "<html" not in part
        work_on_trial(trial.pk, owner="worker")
    trial.refresh_from_db()
    assert (trial.status, trial.result["prompt_tokens"], trial.result["output_tokens"]) == ("done", 40, 3)
    assert trial.result["dollars"] == pytest.approx(40 * 2e-6 + 3 * 10e-6)
    page = client.get(f"/new-system/trials/{trial.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in page
    for shown in ("The library opens on Monday.", "Maya: We open on Monday.", ">40<", ">3<", "$0.0001"):
        assert shown in page, shown
    assert not (System.objects.exists() or Run.objects.exists() or Summary.objects.exists())


def test_a_trial_without_script_is_on_the_whole_page(document, sent):
    page = post("try", try_dataset="library", try_instruction="short").content.decode()
    assert "Waiting for a worker" in page
    assert 'value="http://127.0.0.1:9/v1"' in page  # what was typed stays


def test_an_extractive_system_is_tried_as_well(document, sent):
    ReferenceFactory(document=document, text="It opens.")
    post("try", "extractive", slug="lead", name="Lead", regime="baseline", engine_method="lead", engine_sentences="1",
         try_dataset="library", try_document="m1", try_instruction="long")  # fmt: skip
    work_on_trial(Trial.objects.get().pk, owner="worker")
    assert Trial.objects.get().result["text"] == "We open on Monday."


def test_thoughts_of_a_trial_stand_apart(document, sent):
    with endpoint(always(200, completion("<think>I am Somebody.</think>It opens."))) as server:
        post("try", engine_base_url=server.url, try_dataset="library", try_instruction="short")
        work_on_trial(Trial.objects.get().pk, owner="worker")
    result = Trial.objects.get().result
    assert (result["text"], result["thoughts"]) == ("It opens.", "I am Somebody.")


def test_the_connection_is_tested_and_what_was_learnt_is_said(sent):
    def picky(body, headers):
        if "seed" in body:
            return 400, {}, {"error": {"message": "Unsupported parameter: 'seed'", "param": "seed"}}
        return GOOD

    with endpoint(picky, models=["big", "small"]) as server:
        post("connection", htmx=True, engine_base_url=server.url)
        work_on_trial(Trial.objects.get().pk, owner="worker")
    trial = Trial.objects.get()
    assert (trial.status, trial.kind, trial.document, trial.result["is_listed"]) == ("done", "connection", None, True)
    page = researcher().get(trial.get_absolute_url()).content.decode()
    assert "The endpoint answered" in page
    assert "Learnt from what it refused" in page
    assert "seed" in page


def test_a_model_that_the_endpoint_does_not_have_is_named_with_those_it_has(sent):
    gone = always(404, {"error": {"message": "The model `big` does not exist."}})
    with endpoint(gone, models=["small", "smaller"]) as server:
        post("connection", engine_base_url=server.url)
        work_on_trial(Trial.objects.get().pk, owner="worker")
    reason = Trial.objects.get().failure_reason
    assert "The model `big` does not exist." in reason
    assert "The endpoint serves small, smaller." in reason


def test_an_endpoint_that_is_down_says_so(sent):
    post("connection")
    work_on_trial(Trial.objects.get().pk, owner="worker")
    assert "The endpoint did not answer" in Trial.objects.get().failure_reason
    assert "The endpoint did not answer" in researcher().get(Trial.objects.get().get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("do", "adapter", "values", "words"),
    [
        ("try", "openai", {"engine_key_env": "PW_NO_SUCH_KEY"}, "needs: the key"),
        ("try", "llamacpp", {"model_id": "/no/such.gguf"}, "is not on this machine"),
        ("try", "imported", {}, "writes nothing"),
        ("connection", "extractive", {}, "Only a system behind an endpoint"),
        ("try", "openai", {"try_document": "m9"}, "no document &#x27;m9&#x27;"),
        ("try", "openai", {"try_instruction": "query"}, "Select a valid choice"),
        ("connection", "openai", {"engine_base_url": "http://203.0.113.5/v1"}, "is not allowed"),
    ],
)
def test_what_cannot_be_tried_says_why(document, sent, do, adapter, values, words):
    about = {"slug": "x", "name": "X", "regime": "zero-shot", "try_dataset": "library", "try_instruction": "short"}
    part = post(do, adapter, htmx=True, **about | values).content.decode()
    assert words in part
    assert "It was not tried." in part
    assert not Trial.objects.exists()
    assert sent == []


def test_a_trial_is_deleted_after_a_day(document, sent):
    post("try", try_dataset="library", try_instruction="short")
    Trial.objects.update(created_at=timezone.now() - timedelta(days=2))
    post("try", try_dataset="library", try_instruction="short")
    assert Trial.objects.count() == 1


def test_a_trial_has_a_document_iff_it_is_of_one(document):
    about = {"record": {"slug": "x"}, "created_by": "r"}
    for wrong in ({"kind": "document"}, {"kind": "document", "document": document}, {"kind": "other"},
                  {"kind": "connection", "document": document}, {"kind": "connection", "instruction": "short"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Trial.objects.create(**about, **wrong)


def test_settings_without_values_show_as_empty_fields():
    form = SystemForm("openai")
    assert "null" not in str(form["engine_more"]) + str(form["decoding_more"])
    assert json.loads(SystemForm("openai", start={"engine": {"extra_body": {"a": 1}}})["engine_more"].value()) == {
        "extra_body": {"a": 1}
    }


def test_batches_are_chosen_in_the_form_and_only_for_servers_that_have_them():
    refused = post("create", engine_batch="true", engine_preset="ollama")
    assert "has no batches of the OpenAI protocol; expected one of openai" in refused.content.decode()
    post("create", engine_batch="true", engine_preset="openai", price_input="2", price_batch="0.4")
    system = System.objects.get(slug="far")
    assert system.writes_in_batches
    assert system.price == {"input": 2.0, "batch": 0.4}
    entry = catalog.all_entries().get("far") or {
        name: getattr(system, name) for name in catalog.FIELDS if name != "base"
    }
    again = SystemForm("openai", values_of(SystemForm("openai", start={"slug": "far", **entry})))
    assert again.is_valid() or "slug" in again.errors
    assert again.entry()[1]["engine"]["batch"] is True


# ---- names and sizes as people write them


@pytest.mark.parametrize(
    ("name", "slugs"), [("Our 8B, June", ["our-8b-june", "our-8b-june-2"]), ("我们的", ["system"])]
)
def test_a_short_name_is_made_from_the_name_and_never_taken_twice(name, slugs):
    for number, slug in enumerate(slugs):
        answer = post("create", slug="", name=name, model_id=f"big-{number}")
        assert answer["Location"] == f"/systems/{slug}/"


def test_a_second_press_makes_no_second_system():
    first, second = (post("create", slug="", name="Our 8B") for _ in range(2))
    assert first["Location"] == second["Location"] == "/systems/our-8b/"
    assert System.objects.count() == 1


def test_blanks_in_a_short_name_become_hyphens():
    assert post("create", slug="our 8B")["Location"] == "/systems/our-8B/"


@pytest.mark.parametrize(
    ("written", "number"),
    [("8030261248", 8030261248), ("8B", 8 * 10**9), (" 1.1 b", 1_100_000_000), ("780M", 780_000_000), ("", None),
     ("8,030,261,248", 8030261248), ("1T", 10**12)],
)  # fmt: skip
def test_a_size_is_taken_as_it_is_written(written, number):
    post("create", parameters=written)
    assert System.objects.get().parameters == number


@pytest.mark.parametrize("written", ["eight", "8 GB", "-8B", "0", "1e9B", "9999T", "9" * 400 + "B", "8.5.1B"])
def test_a_size_that_is_none_is_told(written):
    answer = post("create", parameters=written)
    assert answer.context["form"].errors["parameters"]
    assert not System.objects.exists()


def test_what_few_systems_need_is_folded_until_it_says_something():
    def folded(*args, **kwargs):
        return [group.heading for group in SystemForm(*args, **kwargs).groups() if group.folded and group.is_open]

    assert folded("openai") == folded("llamacpp") == []
    assert folded("openai", start={"licence": "MIT", "engine": {"concurrency": 8}}) == ["What it is", "Model"]
    assert folded("openai", {"seed": "-1"}) == ["Decoding"]
    for adapter in ADAPTER_LABELS:
        form = SystemForm(adapter)
        shown = [field.name for group in form.groups() for field in (*group.shown, *group.folded)]
        assert len(shown) == len(set(shown))
        assert {name for name in form.fields if form[name].field.required} <= set(shown)


@pytest.mark.parametrize("name", ["\u200b", "\u3164", " \u2060 "])
def test_a_name_that_nobody_sees_is_refused(name):
    assert post("create", name=name).context["form"].errors["name"]
    assert not System.objects.exists()


@pytest.mark.parametrize("name", ["我们的模型", "نموذج", "🥐", "<script>alert(1)</script>", "x" * 200])
def test_a_name_in_any_letters_is_kept(name):
    post("create", slug="any", name=name)
    assert System.objects.get().name == name
    assert "<script>alert" not in researcher().get("/systems/any/").content.decode()
