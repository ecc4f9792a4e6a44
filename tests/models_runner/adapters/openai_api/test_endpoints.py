"""Which servers transcripts may go to, and that records hold no keys."""

import json

import pytest
from django.core.management import CommandError, call_command

from models_runner.adapters.endpoints import check_endpoint, check_engine
from models_runner.adapters.openai_api import load
from models_runner.adapters.protocol import AdapterError, SystemSpec
from models_runner.models import System
from models_runner.systems.readiness import system_needs
from tests.factories import SummaryFactory, SystemFactory
from tests.people import administrator, annotator, researcher, stranger

ADD = "/admin/models_runner/system/add/"


@pytest.fixture
def allow(settings):
    def allow(*entries):
        settings.ALLOWED_ENDPOINTS = list(entries)

    allow()
    return allow


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1", "https://127.0.0.1/v1", "http://127.8.9.1:1/v1", "http://localhost:11434/v1",
        "http://LOCALHOST/v1", "http://[::1]:8000/v1",
    ],
)  # fmt: skip
def test_this_machine_is_always_allowed(allow, url):
    check_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://models.example.org/v1",
        "http://127.0.0.1.evil.com/v1",
        "http://localhost.evil.com/v1",
        "http://localhost./v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://0177.0.0.1/v1",
        "http://127.1/v1",
        "http://0.0.0.0:8000/v1",
        "http://10.0.0.5/v1",
        "http://169.254.169.254/v1",
        "http://[::]/v1",
        "http://[fe80::1]/v1",
        "http://[::ffff:10.0.0.5]/v1",
    ],
)
def test_any_other_host_is_refused_with_what_to_ask_for(allow, url):
    with pytest.raises(AdapterError, match=r"is not allowed.*to ALLOWED_ENDPOINTS"):
        check_endpoint(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://127.0.0.1/v1", "http or https"),
        ("file:///etc/passwd", "http or https"),
        ("127.0.0.1:8000/v1", "http or https"),
        ("//127.0.0.1/v1", "http or https"),
        ("http:///v1", "http or https"),
        ("http://user:word@127.0.0.1/v1", "no name or password"),
        ("http://127.0.0.1@evil.com/v1", "no name or password"),
        ("http://@127.0.0.1/v1", "no name or password"),
        ("http://127.0.0.1\\@evil.com/v1", "no name or password"),
        ("http://127.0.0.1:80:80/v1", "as its port"),
        ("http://127.0.0.1:port/v1", "as its port"),
        ("http://127.0.0.1:99999/v1", "as its port"),
        ("http://[::1/v1", "no address that can be read"),
        ("http://127.0.0.1/v1?api_key=abc", "without"),
        ("http://127.0.0.1/v1#x", "without"),
        ("http://evil.com\\.example.org/v1", "character"),
        ("http://127.0.0.1\t.evil.com/v1", "character"),
        ("http://127.0.0.1 /v1", "character"),
        ("http://127.0.0.1%2eevil.com/v1", "character"),
        ("http://exämple.org/v1", "character"),
        (" http://127.0.0.1/v1", "character"),
        ("http://127.0.0.1/v1\n", "character"),
    ],
)
def test_an_address_that_could_be_read_two_ways_is_refused(allow, url, message):
    allow("*.example.org", "http://*.example.org", "evil.com", "http://evil.com")
    with pytest.raises(AdapterError, match=message) as caught:
        check_endpoint(url)
    assert "word" not in str(caught.value).replace("password", "")
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("models.example.org", "https://models.example.org/v1", True),
        ("models.example.org", "https://models.example.org:443/v1", True),
        ("models.example.org", "https://MODELS.Example.org/v1", True),
        ("Models.Example.ORG", "https://models.example.org/v1", True),
        ("models.example.org", "https://models.example.org./v1", True),
        ("models.example.org.", "https://models.example.org/v1", True),
        (" models.example.org/ ", "https://models.example.org/v1", True),
        ("models.example.org", "https://models.example.org:8443/v1", False),
        ("models.example.org", "https://models.example.org:0/v1", False),
        ("models.example.org", "http://models.example.org/v1", False),
        ("models.example.org", "http://models.example.org:443/v1", False),
        ("models.example.org", "https://evilmodels.example.org/v1", False),
        ("models.example.org", "https://models.example.org.evil.com/v1", False),
        ("models.example.org", "https://a.models.example.org/v1", False),
        ("models.example.org:8443", "https://models.example.org:8443/v1", True),
        ("models.example.org:8443", "https://models.example.org/v1", False),
        ("https://models.example.org:8443", "https://models.example.org:8443/v1", True),
        ("http://gpu.example.org:8000", "http://gpu.example.org:8000/v1", True),
        ("http://gpu.example.org:8000", "https://gpu.example.org:8000/v1", False),
        ("http://gpu.example.org", "http://gpu.example.org/v1", True),
        ("*.example.org", "https://a.example.org/v1", True),
        ("*.example.org", "https://a.b.example.org/v1", True),
        ("*.example.org", "https://example.org/v1", False),
        ("*.example.org", "https://evilexample.org/v1", False),
        ("*.example.org", "https://a.example.org:8443/v1", False),
        ("*.example.org:8443", "https://a.example.org:8443/v1", True),
        ("10.0.0.5:8000", "https://10.0.0.5:8000/v1", True),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000/v1", True),
        ("[2001:db8::1]", "https://[2001:db8::1]/v1", True),
        ("[2001:db8::1]", "https://[2001:db8::2]/v1", False),
    ],
)  # fmt: skip
def test_a_listed_host_is_allowed_by_scheme_host_and_port(allow, entry, url, allowed):
    allow(entry)
    if allowed:
        check_endpoint(url)
    else:
        with pytest.raises(AdapterError, match="is not allowed"):
            check_endpoint(url)


@pytest.mark.parametrize(
    "entry", ["host:abc", "host:99999", "*", "a.*.org", "ftp://host", "host/v1", "", "[::1", "ho st"]
)  # fmt: skip
def test_an_entry_that_cannot_be_read_allows_nothing_and_is_named(allow, entry):
    allow(entry, "good.example.org")
    check_endpoint("https://good.example.org/v1")
    with pytest.raises(AdapterError) as caught:
        check_endpoint("https://host/v1")
    assert repr(entry) in str(caught.value)


@pytest.mark.parametrize(
    "engine",
    [
        {"api_key": "sk-123"}, {"key": "sk-123"}, {"token": "sk-123"}, {"apiKey": "sk-123"}, {"API-KEY": "sk-123"},
        {"access_token": "sk-123"}, {"client_secret": "sk-123"}, {"password": "sk-123"},
        {"headers": {"Authorization": "Bearer sk-123"}}, {"extra": [{"bearer": "sk-123"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_that_holds_a_key_is_refused_without_showing_it(engine):
    with pytest.raises(AdapterError, match="looks like a key") as caught:
        check_engine(engine)
    assert "sk-123" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["sk-proj-123", "hf_AbCdEf", "$VLLM_API_KEY", "SECRET_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", 5]
)  # fmt: skip
def test_the_variable_of_a_key_has_a_name_and_is_not_another_secret(name):
    with pytest.raises(AdapterError, match="must be the name of an environment variable") as caught:
        check_engine({"key_env": name})
    assert str(name) not in str(caught.value).replace("no SECRET", "")


@pytest.mark.parametrize(
    "engine",
    [{}, {"base_url": "", "key_env": ""}, {"slots": 2, "tokenizer": "folder"}, {"key_env": "VLLM_API_KEY"}],
    ids=str,
)
def test_a_record_without_a_key_is_fine(engine):
    check_engine(engine)


def test_a_record_that_is_no_object_is_refused():
    with pytest.raises(AdapterError, match="engine is list; expected settings by name"):
        check_engine([1])


def test_the_adapter_asks_the_rule_itself(allow):
    engine = {"base_url": "https://models.example.org/v1"}
    with pytest.raises(AdapterError, match="is not allowed"):
        load(SystemSpec(slug="far", model_id="m", context_window=512, engine=engine))


@pytest.mark.django_db
def test_a_host_taken_off_the_list_makes_its_systems_not_ready(allow):
    system = SystemFactory(adapter="openai", engine={"base_url": "https://models.example.org/v1"})
    assert "ALLOWED_ENDPOINTS" in system_needs(system)
    allow("models.example.org")
    assert system_needs(system) == ""


def form(**changed):
    fields = {
        "slug": "far", "name": "Far", "adapter": "openai", "regime": "zero-shot", "context_window": "2048",
        "decoding": "{}", "long_input": "{}", "price": "{}", "engine": "{}",
    }  # fmt: skip
    return fields | {name: json.dumps(value) for name, value in changed.items()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ({"base_url": "https://models.example.org/v1"}, "is not allowed"),
        ({"base_url": "http://127.0.0.1:8000/v1", "api_key": "sk-123"}, "looks like a key"),
        ([], "expected settings by name"),
    ],
    ids=str,
)
def test_the_admin_form_says_what_is_wrong_with_an_engine(allow, engine, message):
    page = administrator().post(ADD, form(engine=engine))
    assert page.status_code == 200
    assert message in page.context["adminform"].form.errors["engine"][0]
    assert not System.objects.exists()


@pytest.mark.django_db
def test_the_admin_form_takes_an_allowed_endpoint(allow):
    allow("models.example.org")
    engine = {"base_url": "https://models.example.org/v1", "key_env": "FAR_API_KEY"}
    page = administrator().post(ADD, form(engine=engine))
    assert page.status_code == 302
    assert System.objects.get().engine == engine


@pytest.mark.django_db
def test_a_used_system_whose_host_was_taken_off_the_list_can_still_be_described(allow):
    system = SystemFactory(adapter="openai", engine={"base_url": "https://models.example.org/v1"})
    SummaryFactory(run__system=system)
    admin = administrator()
    page = admin.post(
        f"/admin/models_runner/system/{system.pk}/change/", {"name": "Far", "price": "{}", "about": "Retired."}
    )
    assert page.status_code == 302
    system.refresh_from_db()
    assert system.about == "Retired."


@pytest.mark.django_db
@pytest.mark.parametrize("who", [annotator, stranger])
def test_nobody_but_staff_reaches_the_admin(allow, who):
    client = who()
    for path in ("/admin/", ADD, "/admin/models_runner/system/"):
        page = client.get(path)
        assert page.status_code == 302
        assert "/login/" in page.url
    client.post(ADD, form(engine={"base_url": "http://127.0.0.1:1/v1"}))
    assert not System.objects.exists()


@pytest.mark.django_db
def test_staff_without_rights_to_systems_adds_none(allow):
    assert researcher().post(ADD, form()).status_code == 403


ENTRY = """
far:
  name: Far
  adapter: openai
  regime: zero-shot
  context_window: 8192
  engine: {base_url: "https://models.example.org/v1"}
"""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("x: ", "x: "), "far: field 'engine': Sending transcripts to https://models.example.org:443 is not allowed"),
        (('{base_url: "https://models.example.org/v1"}', "{api_key: sk-123}"), "field 'engine': engine.api_key looks"),
        (('{base_url: "https://models.example.org/v1"}', "[1]"), "field 'engine': engine is list"),
    ],
    ids=["host", "key", "list"],
)
def test_a_file_of_systems_with_a_wrong_engine_adds_nothing(allow, tmp_path, changed, message):
    path = tmp_path / "systems.yaml"
    path.write_text(ENTRY.replace(*changed))
    with pytest.raises(CommandError) as caught:
        call_command("systems", add=path)
    assert message in str(caught.value)
    assert "sk-123" not in str(caught.value)
    assert not System.objects.exists()
    allow("models.example.org")
    path.write_text(ENTRY)
    call_command("systems", add=path)
    assert System.objects.count() == 1
