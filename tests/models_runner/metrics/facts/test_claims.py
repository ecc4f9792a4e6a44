"""Claims by a system behind an endpoint: whatever is no clear answer is no verdict, and never "supported"."""

import json

import pytest
from django.core.management import CommandError, call_command

from models_runner.adapters.protocol import TransientAdapterError
from models_runner.adapters.registry import unload_all
from models_runner.metrics.facts import finding
from models_runner.metrics.facts.claims import ModelAnswer, NoVerdictError, read_claims, read_verdict
from models_runner.metrics.facts.finding import Passages
from models_runner.metrics.protocol import ScoringRequest
from models_runner.metrics.registry import MetricUnavailableError
from models_runner.models import Score, ScoredSpans, ScoringJob
from models_runner.runs import lifecycle, scoring
from models_runner.runs.asking.claims import ClaimsMetric
from tests.factories import SummaryFactory, SystemFactory
from tests.people import administrator
from tests.servers.endpoint import completion, endpoint

pytestmark = pytest.mark.django_db
TRANSCRIPT = "Maya: We ship on Friday.\nLeo: It costs 48 euros."
SUMMARY = "Maya ships on **Friday**. It costs 50 euros."
YES, NO = '{"verdict": "supported"}', '{"verdict": "not supported"}'


@pytest.fixture(autouse=True)
def _nothing_left_over(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)
    yield
    unload_all()


@pytest.fixture
def serve(settings):
    """Return a function that makes CLAIMS_SYSTEM a system behind an endpoint with these answers."""
    opened = []

    def start(answer, **engine):
        made = endpoint(answer)
        server = made.__enter__()
        opened.append(made)
        engine = {"base_url": server.url, "max_retries": 0, "timeout_seconds": 20, "preset": "vllm"} | engine
        SystemFactory(slug="checker", adapter="openai", model_id="m", revision="r7", context_window=8000, engine=engine)
        settings.CLAIMS_SYSTEM = "checker"
        return server

    yield start
    for made in opened:
        made.__exit__(None, None, None)


def checker(verdicts=(("Friday", YES),), claims=None):
    """Answer with the sentence as its one claim, and with the verdict whose word is in the claim, or else NO."""

    def answer(body, headers):
        text = body["messages"][-1]["content"]
        quoted = text.rsplit("<<<\n", 1)[1].split("\n>>>")[0]
        if '{"claims"' in text:
            return 200, {}, completion(json.dumps({"claims": [quoted]}) if claims is None else claims)
        said = next((said for word, said in verdicts if word in quoted), NO)
        return said if isinstance(said, tuple) else (200, {}, completion(said))

    return answer


def score(summary=SUMMARY, transcript=TRANSCRIPT, language="en"):
    ((value,),) = ClaimsMetric().score([ScoringRequest(summary, (), transcript, language)])
    return value


def test_the_value_is_the_share_of_claims_that_are_supported(serve):
    serve(checker())
    value = score()
    assert (value.name, value.value, value.reason) == ("claims", 0.5, "")
    assert [(SUMMARY[s.start : s.end], s.value, s.kind) for s in value.spans] == [
        ("Maya ships on **Friday**.", 1.0, "sentence"),
        ("It costs 50 euros.", 0.0, "sentence"),
    ]


def test_a_sentence_has_the_share_of_its_claims(serve):
    serve(checker(claims='{"claims": ["Maya ships.", "On Friday.", "With Leo."]}'))
    value = score("Maya ships on Friday with Leo.")
    assert value.value == pytest.approx(1 / 3)
    assert [span.value for span in value.spans] == [pytest.approx(1 / 3)]


def test_claims_count_alike_whatever_their_sentence(serve):
    def answer(body, headers):
        text = body["messages"][-1]["content"]
        if '{"claims"' not in text:
            return 200, {}, completion(YES if "Friday" in text.rsplit("<<<", 1)[1] else NO)
        many = "Maya" in text.rsplit("<<<", 1)[1]
        return 200, {}, completion(json.dumps({"claims": ["Friday 1", "Friday 2", "Friday 3"] if many else ["50"]}))

    serve(answer)
    assert score().value == 0.75


def test_the_model_is_held_to_a_form_and_sees_passages_and_claim(serve):
    server = serve(checker())
    score()
    bodies = [body for _, _, body in server.requests]
    assert len(bodies) == 4
    forms = [body["response_format"]["json_schema"]["schema"]["properties"] for body in bodies]
    assert sorted(next(iter(form)) for form in forms) == ["claims", "claims", "verdict", "verdict"]
    asked = [body["messages"][-1]["content"] for body in bodies if "verdict" in str(body["response_format"])]
    assert all("Leo: It costs 48 euros." in text for text in asked)


def test_a_chinese_summary_is_asked_about_in_chinese(serve):
    server = serve(checker(verdicts=(("周五", YES),)))
    value = score("周五发布产品。", "张伟：我们周五发布。", "zh")
    assert value.value == 1
    assert all("会议" in body["messages"][-1]["content"] for _, _, body in server.requests)


# ---- fails closed

REFUSING = (200, {}, completion("", reason="content_filter"))
ENDLESS = (200, {}, completion(YES + " " + "word " * 3000, reason="length"))


@pytest.mark.parametrize(
    "said",
    [
        "supported",
        "Yes, it is supported.",
        '{"verdict": "supported"',
        '{"verdict": "supported"} {"verdict": "not supported"}',
        '{"verdict": "not supported", "verdict": "supported"}',
        '{"verdict": "supported", "but": "not"}',
        '{"verdict": "Supported?"}',
        '{"verdict": true}',
        '{"verdict": ["supported"]}',
        '["supported"]',
        '{"supported": true}',
        "I am sorry, but I cannot help with that.",
        "{" * 5000,
        "",
        REFUSING,
        ENDLESS,
        (200, {}, completion(YES, reason="length")),
    ],
)
def test_what_is_no_clear_answer_is_no_verdict(serve, said):
    serve(checker(verdicts=(("Friday", YES), ("50 euros", said))))
    value = score()
    assert value.value is None
    assert value.reason.startswith("1 of 2 sentences without an answer that can be used: ")
    assert [span.value for span in value.spans] == [1.0, None]


@pytest.mark.parametrize(
    "said",
    [
        "- Maya ships",
        '["Maya ships"]',
        '{"claims": "Maya ships"}',
        '{"claims": [""]}',
        '{"claims": [1]}',
        '{"claims": [{"text": "Maya ships"}]}',
        json.dumps({"claims": ["x"] * 13}),
        json.dumps({"claims": ["x" * 501]}),
    ],
)
def test_claims_in_another_form_are_no_claims(serve, said):
    serve(checker(verdicts=(("", YES),), claims=said))
    value = score()
    assert (value.value, [span.value for span in value.spans]) == (None, [None, None])


def test_a_summary_that_claims_nothing_is_undefined(serve):
    serve(checker(claims='{"claims": []}'))
    assert (score().value, score().reason) == (None, "no sentence of the summary makes a claim")


def test_a_refusal_beside_answers_takes_none_of_them(serve):
    serve(checker(verdicts=(("Friday", YES), ("50 euros", REFUSING))), concurrency=4)
    value = score()
    assert value.reason.endswith(": the system refused to answer")
    assert value.spans[0].value == 1


def test_a_question_beyond_the_window_is_no_verdict(serve):
    server = serve(checker())
    value = score("Maya ships on Friday" + " and on Friday" * 3000 + ".")
    assert value.reason.endswith(": the question does not fit the system's window")
    assert server.requests == []


@pytest.mark.parametrize(
    ("said", "expected"), [(YES, True), (NO, False), (f"```json\n{YES}\n```", True), (f"\n {NO}\n", False)]
)
def test_an_answer_is_read_with_or_without_a_fence(said, expected):
    assert read_verdict(ModelAnswer(said)) is expected


def test_an_answer_that_cannot_be_one_is_not_read():
    with pytest.raises(NoVerdictError, match="cut"):
        read_verdict(ModelAnswer(YES, "cut"))
    with pytest.raises(NoVerdictError):
        read_claims(ModelAnswer(YES))


# ---- the site


@pytest.fixture
def summary():
    return SummaryFactory(text=SUMMARY)


def work(summary):
    (job,) = lifecycle.request_scores(summary.run, ("claims",), retry_failed=True)
    scoring.work_on_scoring_job(job.pk, owner="host:1:1:1")
    job.refresh_from_db()
    return job


def test_score_keeps_value_and_sentences_under_a_signature(serve, summary):
    serve(checker())
    assert work(summary).status == ScoringJob.Status.DONE
    row = Score.objects.get(summary=summary, name="claims")
    assert row.value == 0.5
    text = row.signature.text
    assert text.startswith("claims|system checker|revision r7|record ") and "|prompts 1|" in text
    assert [span["value"] for span in ScoredSpans.objects.get(summary=summary).spans] == [1.0, 0.0]
    page = administrator().get(summary.document.get_absolute_url()).content.decode()
    assert "Values of sentences" in page and "Claims supported: 1.000" in page


def test_another_record_is_another_signature(serve):
    serve(checker())
    before = ClaimsMetric().signature("en")
    system = SystemFactory._meta.model.objects.get(slug="checker")
    system.decoding = {"temperature": 1}
    system.save()
    assert ClaimsMetric().signature("en") != before


def test_the_longest_names_fit_into_a_signature(settings):
    settings.CLAIMS_SYSTEM = SystemFactory(slug="s" * 100, revision="r" * 100).slug
    assert len(ClaimsMetric().signature("en")) <= 500


def test_of_a_server_that_is_down_nothing_is_stored(serve, summary):
    server = serve(checker())
    server.server.shutdown()
    server.server.server_close()
    job = work(summary)
    assert job.status == ScoringJob.Status.FAILED and job.failure_reason
    assert not Score.objects.filter(name="claims").exists()


def test_an_attempt_after_a_fault_asks_only_what_is_missing(serve):
    faults = [(503, {}, "busy")]
    right = checker()

    def answer(body, headers):
        quoted = body["messages"][-1]["content"].rsplit("<<<\n", 1)[1]
        return faults.pop() if faults and "50 euros" in quoted else right(body, headers)

    server = serve(answer, concurrency=1)
    metric = ClaimsMetric()
    request = ScoringRequest(SUMMARY, (), TRANSCRIPT, "en")
    with pytest.raises(TransientAdapterError):
        metric.score([request])
    ((value,),) = metric.score([request])
    assert value.value == 0.5
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("", "Set CLAIMS_SYSTEM to the short name"),
        ("nobody", 'needs the system "nobody", which is not on this site'),
        ("by-rules", r'"by-rules" of CLAIMS_SYSTEM cannot answer: .*writes by rules'),
    ],
)
def test_without_a_system_that_answers_it_says_what_to_set(settings, summary, slug, reason):
    SystemFactory(slug="by-rules", adapter="extractive", decoding={"method": "lead"})
    settings.CLAIMS_SYSTEM = slug
    with pytest.raises(MetricUnavailableError, match=reason):
        score()
    job = work(summary)
    assert job.status == ScoringJob.Status.FAILED and not Score.objects.exists()


def test_the_command_knows_it(summary):
    with pytest.raises(CommandError, match=r"Known metrics: .*claims"):
        call_command("score", dataset=summary.document.dataset.name, metrics="claim")
    call_command("score", dataset=summary.document.dataset.name, metrics="claims")
    assert ScoringJob.objects.filter(metric="claims").exists()


# ---- passages


def test_the_passages_that_share_most_come_in_the_order_of_the_transcript(monkeypatch):
    monkeypatch.setattr(finding, "WORDS", 6)
    monkeypatch.setattr(finding, "BEST", 2)
    lines = ["We sell lamps in Norway now.", *["The weather is fine today, everyone."] * 20, "Norway buys many lamps."]
    assert Passages("\n".join(lines), "en").best("Lamps are sold to Norway.") == [lines[0], lines[-1]]


def test_words_of_another_ending_are_found(monkeypatch):
    monkeypatch.setattr(finding, "WORDS", 4)
    monkeypatch.setattr(finding, "BEST", 1)
    passages = Passages("Maya: it rains today.\nLeo: we decided on shipping.", "en")
    assert passages.best("They decide to be shipped.") == ["Leo: we decided on shipping."]
