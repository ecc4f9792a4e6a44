"""Whatever the site writes, it reads: documents, summaries and votes, in every format, with the same content and board."""

import json
import unicodedata

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.models import Judgement
from annotations.studies.setup import create_study
from leaderboards.exports.rows import Selection, export_rows
from leaderboards.exports.service import EXPORTS, export_ratings
from lib.names import normal_form
from models_runner.datasets.exports import document_rows, export_documents
from models_runner.importing.documents import import_path
from models_runner.importing.summaries import Defaults, import_summaries
from models_runner.models import Dataset
from models_runner.runs.exports import export_summaries, summary_rows
from tests.api.helpers import program

pytestmark = [pytest.mark.django_db, pytest.mark.database]

READABLE = ("csv", "jsonl", "parquet", "arena", "openai")
ODD = (
    *("nan", "NaN", "NULL", "None", "N/A", "'nan", "=1+1", "'=1", "-1", "+x", "@x", "true", "1", "1e999", "#N/A"),
    *(
        "re\u0301union",
        "r\u00e9union",
        "a\u2028b\u2029c",
        "a\x85b\x0bc\x0cd\x1ce",
        'say "hi", now;\tthen',
        "周五",
        "🏳️‍🌈",
    ),
    *("<|im_end|>", "\ufeffx", "a\r\nb", "a\rb", "\\u0000", "sha256:0", "{}", "x" * 50),
)
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def texts(longest):
    """Texts in which somebody sees something."""
    drawn = st.sampled_from([one for one in ODD if len(one) <= longest]) | st.text(
        CHARACTERS, min_size=1, max_size=longest
    )
    return drawn.filter(lambda text: any(character.isalnum() for character in text))


HUGE = st.just("a word of many: " * 9_000)
NAMES, WORDS = texts(40), texts(60) | HUGE
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=5) | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip
TURN = st.fixed_dictionaries({"speaker": st.sampled_from(["", "Maya", "Li\u2028"]) | texts(10), "content": WORDS})
QUERIES = st.lists(
    st.fixed_dictionaries(
        {"query": st.sampled_from(["What changed?", "What changed? "]) | NAMES},
        optional={"references": st.lists(texts(30), max_size=2)},
    ),
    max_size=3,
)
REFERENCES = st.lists(texts(40), max_size=2) | st.dictionaries(
    st.sampled_from(["long", "medium", "short", "any"]),
    texts(40) | st.lists(texts(20), min_size=1, max_size=2),
    max_size=2,
)
DOCUMENT = st.fixed_dictionaries(
    {"id": NAMES, "transcript": st.lists(TURN, min_size=1, max_size=3), "references": REFERENCES, "queries": QUERIES},
    optional={
        "title": NAMES,
        "split": st.sampled_from(["", "train", "val\u00e9"]),
        "language": st.sampled_from(["en", "English", "zh-Hans-CN", "EN_us"]),
        "licence": st.sampled_from(["", "CC-BY-4.0"]),
        "redistributable": st.booleans(),
        "metadata": st.dictionaries(st.text(CHARACTERS, max_size=3), JSON, max_size=3),
        "original_transcript": st.lists(TURN, min_size=1, max_size=2),
    },
)
DOCUMENTS = st.lists(DOCUMENT, min_size=1, max_size=3, unique_by=lambda document: normal_form(document["id"]))
VOTE = st.fixed_dictionaries(
    {"judge": texts(20).map(str.strip), "winner": st.sampled_from(["model_a", "model_b", "tie", "both_bad"])},
    optional={
        "shown_left": st.sampled_from(["a", "b"]),
        "lead_time": st.integers(0, 10**6).map(lambda ms: ms / 1000),
        "tstamp": st.integers(10**9, 2 * 10**9).map(lambda ms: ms + 0.125),
        "judge_type": st.just("human"),
    },
)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def is_read_by_lines(path):
    text = path.read_bytes().decode()
    return text.splitlines() == text.split("\n")[:-1]


def documents_of(name):
    return list(document_rows(Dataset.objects.get(name=name).documents.order_by("position")))


def summaries_of(name):
    return [{k: v for k, v in row.items() if k != "scores"} for row in summary_rows(Dataset.objects.get(name=name))]


def votes_of(study):
    """The votes without what belongs to the database: their ids, which the other study has already."""
    rows = [{k: v for k, v in row.items() if k not in ("id", "comparison_id")} for row in export_rows(study)]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def make_first(folder, documents, instruction, answers):
    """A dataset with summaries by two systems."""
    import_path("first", write(folder / "documents.jsonl", documents), "jsonl")
    rows = []
    for document in documents:
        queries = range(1, 1 + len(document["queries"])) if instruction == "query" else [None]
        for number in queries:
            for n, system in enumerate(("system-a", "system-b")):
                text = answers[len(rows) % len(answers)]
                rows.append({"document_id": document["id"], "query_number": number, "system": system, "summary": text})
                rows[-1] |= {
                    "prompt_tokens": n,
                    "stop_reason": "length",
                    "parameters": 10**9 + n,
                    "regime": "fine-tuned",
                }
    dataset = Dataset.objects.get(name="first")
    if rows:
        import_summaries(write(folder / "summaries.jsonl", rows), dataset, Defaults(instruction=instruction))
    return bool(rows)


def make_copy_by_command(folder):
    first = Dataset.objects.get(name="first")
    export_documents(first, folder / "out-documents.jsonl")
    assert is_read_by_lines(folder / "out-documents.jsonl")
    import_path("copy", folder / "out-documents.jsonl", "jsonl")
    again = import_path("first", folder / "out-documents.jsonl", "jsonl")
    assert (again.added, again.new_terms) == (0, 0)
    if export_summaries(first, folder / "out-summaries.jsonl"):
        assert is_read_by_lines(folder / "out-summaries.jsonl")
        import_summaries(folder / "out-summaries.jsonl", Dataset.objects.get(name="copy"), Defaults())
        again = import_summaries(folder / "out-summaries.jsonl", first, Defaults())
        assert sum(run.added for run in again) == 0


def make_copy_by_api(instruction):
    api = program()
    pairs = [("export", "documents", {}), ("summaries", "summaries", {"instruction": instruction})]
    for source, target, query in pairs:
        body = b"".join(api.get(f"/datasets/first/{source}", query).streaming_content)
        assert body.decode().splitlines() == body.decode().split("\n")[:-1]
        if body:
            answer = api.post(f"/datasets/copy/{target}", body, content_type="application/jsonl")
            assert answer.status_code == 200, answer.content


def make_votes(study, folder, votes):
    rows = []
    comparisons = study.comparisons.select_related(
        "document", "query", "summary_a__run__system", "summary_b__run__system"
    )
    for comparison in comparisons:
        given = {unicodedata.normalize("NFC", vote["judge"]): vote for vote in votes}
        about = {"document_id": comparison.document.external_id}
        about |= {"query_number": comparison.query.position + 1} if comparison.query else {}
        pair = {"model_a": comparison.summary_a.run.system.slug, "model_b": comparison.summary_b.run.system.slug}
        rows += [vote | about | pair for vote in given.values()]
    if rows:
        call_command("import_ratings", write(folder / "votes.jsonl", rows), study=study.slug, verbosity=0)
    return bool(rows)


def make_study(slug, dataset, instruction):
    from models_runner.systems.catalog import ensure_system

    systems = [ensure_system("system-a"), ensure_system("system-b")]
    return create_study(slug, Dataset.objects.get(name=dataset), systems, instruction=instruction)


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    documents=DOCUMENTS,
    instruction=st.sampled_from(["medium", "query"]),
    answers=st.lists(WORDS, min_size=1, max_size=4, unique_by=str.strip),
    votes=st.lists(VOTE, min_size=1, max_size=3),
    door=st.sampled_from(["command", "api"]),
    file_format=st.sampled_from(READABLE),
)
def test_everything_goes_round(tmp_path, documents, instruction, answers, votes, door, file_format):
    with transaction.atomic():
        _go_round(tmp_path, documents, instruction, answers, votes, door, file_format)
        transaction.set_rollback(True)


def _go_round(folder, documents, instruction, answers, votes, door, file_format):
    summarized = make_first(folder, documents, instruction, answers)
    if door == "api":
        make_copy_by_api(instruction)
    else:
        make_copy_by_command(folder)
    assert documents_of("copy") == documents_of("first")
    assert summaries_of("copy") == summaries_of("first")
    if not summarized:
        return
    study, copy = (make_study(f"study-{name}", name, instruction) for name in ("first", "copy"))
    if not make_votes(study, folder, votes):
        return
    path = folder / f"out.{EXPORTS[file_format].ending}"
    export_ratings(study, path, file_format, Selection(include_flagged=True, include_excluded=True))
    if path.suffix == ".jsonl":
        assert is_read_by_lines(path)
    if door == "api" and path.suffix == ".jsonl":
        answer = program().post(f"/studies/{copy.slug}/votes", path.read_bytes(), content_type="application/jsonl")
        assert answer.status_code == (200 if path.stat().st_size else 400), answer.content
    elif path.stat().st_size and Judgement.objects.filter(criterion__study=study).exists():
        _import_if_any(path, copy)
    expected = votes_of(study)
    if file_format == "openai":  # which has no value for ties
        expected = [row for row in expected if row["winner"] in ("model_a", "model_b")]
    assert votes_of(copy) == expected


def _import_if_any(path, study):
    from annotations.imports.ratings_import import import_ratings

    import_ratings(path, study)
