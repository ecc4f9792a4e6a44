"""The form, the API, the command and a protocol make the same study of the same settings, and refuse the same ones."""

from dataclasses import fields

import pytest
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict

from annotations.models import Study
from annotations.studies.consent import current_consent
from annotations.studies.personal_questions import as_line, asked
from annotations.studies.settings import ALWAYS, FIXED_BY_RATING
from annotations.studies.setup import NewStudy, PeopleOptions, RatingOptions, StudyScope
from annotations.web.forms.new_study import StudyForm
from api.schemas.studies import StudyIn
from models_runner.models import System
from protocol.running.making import MakeStudy
from protocol.running.work import Work
from tests.api.helpers import error_of, program
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory, UserFactory
from tests.protocol.files import protocol_of_data

pytestmark = [pytest.mark.django_db, pytest.mark.once]

QUESTIONS = ["text | What do you do?", "choice | Your first language? | English; Chinese"]
# Every setting, none as it is by default; as the API takes it.
SETTINGS = {
    "title": "All settings",
    "instruction": "short",
    "criteria": ["overall", "fluency"],
    "own_criteria": [{"key": "tone", "question": "Which keeps the tone?", "help_text": "Of the meeting."}],
    "quota": 4,
    "guidelines": "Read **all** of it.",
    "annotator_title": "Which do you prefer?",
    "draft": True,
    "split": "test",
    "sample": 2,
    "seed": 7,
    "pairs_per_document": 1,
    "sampling": "adaptive",
    "epsilon": 0.5,
    "allow_tie": False,
    "allow_both_bad": False,
    "strength": "required",
    "comments": "off",
    "ask_marks": "optional",
    "break_minutes": 30,
    "summary_format": "plain",
    "margin": 0.1,
    "small_system": "s0",
    "large_system": "s1",
    "look_votes": [40, 80, 120],
    "look_spending": "pocock",
    "opens_at": "2030-01-01T09:00:00Z",
    "closes_at": "2030-02-01T09:00:00Z",
    "open_link": False,
    "consent": "I agree.",
    "questions_before": QUESTIONS,
    "questions_after": QUESTIONS[:1],
    "gold_every": 5,
    "repeat_every": 6,
    "ask_guess": True,
    "completion_code": "C0DE",
    "completion_url": "https://example.org/done",
}
# In place of numbers of votes: looks at dates.
DATED = {"look_dates": ["2030-01-10T09:00:00Z", "2030-01-20T09:00:00Z"], "look_maximum": 120}
SYSTEMS = ["s0", "s1", "s2"]
# Who is the owner comes from the token, the session or --owner; a form has one key; simulated studies are the example's alone.
NOT_SET = {"slug", "dataset", "systems", "created_by", "form_key", "simulated", "options", "people", "scope"}


@pytest.fixture
def dataset():
    made = DatasetFactory(name="m")
    for number in range(4):
        DocumentFactory(dataset=made, split="test", external_id=f"d{number}", position=number)
    for slug in SYSTEMS:
        SystemFactory(slug=slug)
    return made


def through_the_api(**changes):
    """changes: other values of settings; None leaves one out."""
    given = {"slug": "api", "dataset": "m", "systems": SYSTEMS} | SETTINGS | changes
    return program().post("/studies", {name: value for name, value in given.items() if value is not None})


def files(tmp_path):
    texts = {"consent": SETTINGS["consent"], "guidelines": SETTINGS["guidelines"]}
    texts |= {name: "\n".join(SETTINGS[name]) for name in ("questions_before", "questions_after")}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: tmp_path / name for name in texts}


def by_the_command(tmp_path, slug="command", **changes):
    given = {
        name: value for name, value in SETTINGS.items() if name not in ("allow_tie", "allow_both_bad", "open_link")
    }
    own = given.pop("own_criteria")[0]
    given |= files(tmp_path) | {
        "dataset": "m",
        "systems": ",".join(SYSTEMS),
        "criteria": ",".join(SETTINGS["criteria"]),
        "question": [f"{own['key']} | {own['question']} | {own['help_text']}"],
        "margin": 10.0,
        "looks": ",".join(map(str, given.pop("look_votes"))),
        "summaries": given.pop("summary_format"),
        **dict.fromkeys(("no_tie", "no_both_bad", "invited_only"), True),
    }
    arguments = [slug]
    for name, value in (given | changes).items():
        option = "--" + name.replace("_", "-")
        if value is None:
            continue
        if value is True:
            arguments.append(option)
        elif isinstance(value, list):
            arguments += [part for one in value for part in (option, one)]
        else:
            arguments += [option, str(value)]
    call_command("create_study", *arguments)


def by_a_protocol(slug="protocol", **looks):
    scope = {"documents": {name: SETTINGS[name] for name in ("split", "sample")}}
    own = SETTINGS["own_criteria"][0]
    questions = [*SETTINGS["criteria"], {"key": own["key"], "question": own["question"], "help": own["help_text"]}]
    of_analysis = {name: SETTINGS[name] for name in ("margin", "small_system", "large_system")}
    of_analysis |= looks or {"looks": SETTINGS["look_votes"]}
    of_analysis |= {"look_spending": SETTINGS["look_spending"]}
    elsewhere = {*of_analysis, "look_votes", "split", "sample", "pairs_per_document", "own_criteria", "criteria"}
    study = {name: value for name, value in SETTINGS.items() if name not in elsewhere}
    study |= {"slug": slug, "dataset": "m", "systems": SYSTEMS, "criteria": questions} | scope
    study |= {"pairs": {"per_document": SETTINGS["pairs_per_document"]}}
    systems = {slug: {"name": slug, "adapter": "scripted", "regime": "baseline"} for slug in SYSTEMS}
    protocol = protocol_of_data(study=study, analysis=of_analysis, systems=systems)
    work = Work(protocol, None)
    MakeStudy(protocol.study).do(work)


def stored(slug):
    study = Study.objects.get(slug=slug)
    values = model_to_dict(study, exclude=["id", "slug", "public_id", "created_by"])
    named = ("systems", "documents")
    return (
        values
        | {name: sorted(one.pk for one in values[name]) for name in named}
        | {
            "status": study.status,
            "named": study.pair_named_at is not None,
            "consent": current_consent(study).text,
            "before": [as_line(one) for one in asked(study, "before")],
            "after": [as_line(one) for one in asked(study, "after")],
            "criteria": list(study.criteria.values_list("key", "question", "help_text")),
        }
    )


def test_api_command_and_protocol_make_the_same_study(dataset, tmp_path):
    answer = through_the_api()
    assert answer.status_code == 201, answer.content
    by_the_command(tmp_path)
    by_a_protocol()
    made = stored("api")
    assert made["gold_every"] == 5
    assert made["before"] == QUESTIONS
    assert made == stored("command") == stored("protocol")
    assert System.objects.get(pk=made["small_system"]).slug == "s0"


def test_looks_at_dates_are_the_same_too(dataset, tmp_path):
    answer = through_the_api(look_votes=None, **DATED)
    assert answer.status_code == 201, answer.content
    assert {name: answer.json()[name] for name in DATED} == DATED
    by_the_command(tmp_path, looks=None, look_dates=",".join(DATED["look_dates"]), look_maximum=DATED["look_maximum"])
    by_a_protocol(look_dates=DATED["look_dates"], look_maximum=DATED["look_maximum"])
    made = stored("api")
    assert (made["look_votes"], made["look_dates"]) == (None, DATED["look_dates"])
    assert made == stored("command") == stored("protocol")


def test_what_the_api_tells_of_a_study_is_what_it_was_made_of(dataset):
    told = through_the_api().json()
    of_documents = {"split", "sample", "pairs_per_document", "draft", "epsilon", "break_minutes"}
    apart = {"criteria", "own_criteria"} | of_documents
    assert {name: told[name] for name in SETTINGS if name not in apart} == {
        name: value for name, value in SETTINGS.items() if name not in apart
    }


def settings_there_are():
    """Names of every setting of a new study."""
    names = {field.name for kind in (NewStudy, RatingOptions, PeopleOptions, StudyScope) for field in fields(kind)}
    return names - NOT_SET


def test_no_way_lacks_a_setting():
    assert settings_there_are() - {"chosen", "anchor"} == set(SETTINGS) | set(DATED)
    assert settings_there_are() <= set(StudyIn.model_fields)
    # What the form of a new study and Settings have, under the names of columns.
    assert {*ALWAYS, *FIXED_BY_RATING} <= settings_there_are()
    forecast = {"annotators", "share", "alike", "hourly_rate"}
    assert set(StudyForm.base_fields) - forecast - NOT_SET <= settings_there_are()


BAD = [
    ({"small_system": "nobody"}, "small_system"),
    ({"small_system": "s1"}, "large_system"),
    ({"large_system": "of-another-study"}, "large_system"),
    ({"closes_at": "2029-01-01T09:00:00Z"}, "closes_at"),
    ({"look_votes": [80, 40]}, "look_votes"),
    ({"gold_every": 1}, "gold_every"),
    ({"repeat_every": 1}, "repeat_every"),
    ({"completion_url": "no address"}, "completion_url"),
    ({"questions_before": ["colour | Which?"]}, "questions_before"),
    ({"questions_after": ["scale | How? | 9-1"]}, "questions_after"),
    ({"margin": 0.5}, "margin"),
    ({"quota": 0}, "quota"),
    ({"title": "x" * 201}, "title"),
    ({"annotator_title": "x" * 201}, "annotator_title"),
    ({"completion_code": "x" * 51}, "completion_code"),
    ({"consent": "x" * 20_001}, "consent"),
    ({"opens_at": "2030-01-01T09:00:00"}, "opens_at"),
    ({"opens_at": "soon"}, "opens_at"),
    ({"surprise": 1}, "surprise"),
]


@pytest.mark.parametrize(("change", "field"), BAD, ids=[str(sorted(change))[:40] + field for change, field in BAD])
def test_the_api_names_what_makes_no_study(dataset, change, field):
    SystemFactory(slug="of-another-study")
    refusal = through_the_api(**change)
    assert refusal.status_code == 422, refusal.content
    assert error_of(refusal)["field"].startswith(field)
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"small_system": "nobody"}, "nobody"),
        ({"small_system": "s1"}, "are the same"),
        ({"closes_at": "2029-01-01T09:00"}, "Rating ends before it begins"),
        ({"closes_at": "soon"}, "is no time"),
        ({"gold_every": 1}, "One gold item in 1 pairs"),
        ({"completion_url": "no address"}, "completion url"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"owner": "nobody"}, "no account 'nobody'"),
        ({"consent": "/nowhere.md"}, "cannot be read"),
    ],
)
def test_the_command_names_what_makes_no_study(dataset, tmp_path, change, said):
    with pytest.raises(CommandError, match=said):
        by_the_command(tmp_path, **change)
    assert not Study.objects.exists()


def test_the_command_gives_a_study_an_owner(dataset, tmp_path):
    UserFactory(username="maya")
    by_the_command(tmp_path, owner="maya")
    assert Study.objects.get().memberships.get().role == "owner"
