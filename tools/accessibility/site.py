"""Fills a site so that every page has something to show, and lists the pages with who opens them.

The addresses are those of the table of rights (tests/addresses.py), so a new one is visited without being named
here. The world of that table, the example study, a study with votes and comments, and people at every point of their way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SecondFactor
from accounts.two_factor import changes
from annotations.gold.items import switch
from annotations.models import Annotator, ControlItem, Criterion, Study
from annotations.people.links import invitation_path, personal_path
from annotations.quality.exclusion import exclude
from annotations.rating.assignment import next_assignment
from annotations.studies.consent import set_consent_text
from annotations.studies.criteria import LIBRARY
from annotations.studies.personal_questions import parse_questions, set_questions
from benchmarks.parts.site import ROOT
from evalsite.example.study import load_example
from evalsite.language import ENGLISH
from leaderboards.models.sharing import PAGES
from leaderboards.sharing.links import revoke_link
from models_runner.importing.drafts.service import start_draft
from models_runner.models import Document, FineTuning, Run, Summary, System, Trial
from models_runner.systems.catalog import ensure_all
from tests.addresses import TABLE
from tests.annotations.helpers import add_remarks, answer, make_gold, rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.shared import link_to, make_shown_study
from tests.rights import JOINED, World
from tests.test_permissions import make_world
from tests.written import write
from tools.accessibility.judged import MARKING, directed_study, judged_study, marking

MEETINGS = ROOT / "docs" / "examples" / "meetings"
NOBODY, ADMINISTRATOR, MEMBER = "nobody", "administrator", "outsider"
# Answers that are no pages: data, files, parts of a page. The docs are a site of their own (tests/browser/test_docs.py).
NO_PAGES = (ENGLISH - {"api-docs"}) | {
    "login-code",  # but with a password
    *("docs", "my-data", "next", "board-status", "figure", "protocol-file"),
    *("provider-login", "provider-callback", "provider-logout", "logged-out"),
    *("report-pdf", "shared-report-pdf", "public-report-pdf"),
}
# Pages for those who have no account, or not yet.
WITHOUT_ACCOUNT = ("login", "forgotten-password", "password-link-sent", "new-password", "invited", "join", "resume")
# Which of the pages of a study are looked at once more with the example, whose board has much to show.
OF_THE_EXAMPLE = (
    *(
        "study",
        "board",
        "board-differences",
        "board-wins",
        "report",
        "figures",
        "small-versus-large",
        "errors",
        "planning",
    ),
    *("trust", "trust-votes"),
    *("combined", "exports", "study-pairs", "disagreements", "dataset", "document", "run", "summary", "system"),
)
# And with a study in which people rate, that has all that its owners can do.
OF_A_STUDY = (
    *("study", "study-settings", "study-history", "study-remarks", "study-quality", "disagreements", "study-pairs"),
    *("study-gold", "choose-gold", "preview", "study-people"),
)
# And with one that has judges, marks and strengths of votes.
OF_JUDGED = ("study", "board", "errors", "study-judges", "trust", "combined", "study-pairs", "study-quality")


@dataclass(frozen=True)
class Place:
    """A page at which somebody looks. visitor: one of the site's cookies, or nobody. keys: Pressed once it is there."""

    name: str
    address: str
    visitor: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """What there is to look at, and by whose cookies."""

    places: list[Place]
    cookies: dict[str, SimpleCookie]


def fill_site() -> Site:
    """Fill an empty database. Needs PUBLIC_BOARDS."""
    ensure_all()
    world = make_world()
    owner = User.objects.filter(is_superuser=True).first() or User.objects.get(memberships__role="owner")
    write(world.files)
    administrator = world.clients[ADMINISTRATOR]
    example, running, shown = load_example(owner), _running_study(owner), make_shown_study(slug="shown")
    _work_of_all_kinds(world, owner)
    people = _people()
    _long_names()
    places = [*_pages_of(world), *_pages_of_example(example), *_pages_of_running(running), *_shared_pages(shown)]
    places += _judged_pages()
    cookies = {NOBODY: SimpleCookie(), ADMINISTRATOR: administrator.cookies}
    cookies |= {role: world.clients[role].cookies for role in (MEMBER, "annotator", "modeller")}
    for visitor, (client, places_of_visitor) in people.items():
        cookies[visitor] = client.cookies
        places += [Place(f"{name}: {visitor}", address, visitor) for name, address in places_of_visitor]
    with_factor = reverse("one-account", args=[SecondFactor.objects.latest("confirmed_at").user_id])
    places.append(Place("one-account: two-factor", with_factor, ADMINISTRATOR))
    client, address = marking()
    cookies["marking"] = client.cookies
    places.append(Place("rate: marking", address, "marking", MARKING))
    return Site(places + list(_refusals(world)), cookies)


def _pages_of(world: World) -> Iterator[Place]:
    for name, (method, roles) in TABLE.items():
        if method != "GET" or name in NO_PAGES:
            continue
        visitor = "annotator" if roles is JOINED else ADMINISTRATOR
        if name in WITHOUT_ACCOUNT or name.startswith(("shared", "public-")):
            visitor = NOBODY
        yield Place(name, reverse(name, args=world.args[name]), visitor)
    for visitor in (NOBODY, MEMBER, "annotator", "modeller"):
        yield Place(f"home: {visitor}", reverse("home"), visitor)
    yield Place("studies: member", reverse("studies"), MEMBER)


def _pages_of_example(study: Study) -> Iterator[Place]:
    summary = Summary.objects.filter(run__dataset=study.dataset, run__system__slug="example-large-70b").first()
    args = {
        "dataset": [study.dataset.name],
        "document": [summary.document_id],
        "run": [summary.run_id],
        "summary": [summary.pk],
        "system": [summary.run.system.slug],
    }
    for name in OF_THE_EXAMPLE:
        yield Place(f"{name}: example", reverse(name, args=args.get(name, [study.slug])), ADMINISTRATOR)
    yield Place("planning: stopping", f"{reverse('planning', args=[study.slug])}?stopping=1", ADMINISTRATOR)
    yield Place("system_change: example", reverse("system_change", args=[summary.run.system.slug]), ADMINISTRATOR)
    yield Place("system_change: unused", reverse("system_change", args=["our-8b"]), ADMINISTRATOR)
    for name in ("runs", "systems"):
        yield Place(f"{name}: filtered", f"{reverse(name)}?dataset={study.dataset.name}", ADMINISTRATOR)


def _pages_of_running(study: Study) -> Iterator[Place]:
    for name in OF_A_STUDY:
        yield Place(f"{name}: running", reverse(name, args=[study.slug]), ADMINISTRATOR)
    pair = study.comparisons.for_rating().first().pk
    yield Place("pair: running", reverse("pair", args=[study.slug, pair]), ADMINISTRATOR)
    for number in (1, 2):
        yield Place(f"annotator {number}: running", reverse("annotator", args=[study.slug, number]), ADMINISTRATOR)
    nothing = f"{reverse('study-pairs', args=[study.slug])}?find=nothing-like-it"
    yield Place("study-pairs: none", nothing, ADMINISTRATOR)


def _shared_pages(study: Study) -> Iterator[Place]:
    for name in ("report", "sharing"):
        yield Place(f"{name}: shared", reverse(name, args=[study.slug]), ADMINISTRATOR)
    _, everything = link_to(study, texts=True, comments=True)
    _, trust_alone = link_to(study, "trust")
    revoked, token_of_revoked = link_to(study)
    revoke_link(revoked, None)
    for page in PAGES:
        yield Place(f"shared-{page}: votes", reverse(f"shared-{page}", args=[everything]), NOBODY)
    yield Place("not in the link", reverse("shared-report", args=[trust_alone]), NOBODY)
    yield Place("revoked link", reverse("shared-report", args=[token_of_revoked]), NOBODY)


def _judged_pages() -> Iterator[Place]:
    study, judges = judged_study()
    for name in OF_JUDGED:
        yield Place(f"{name}: judged", reverse(name, args=[study.slug]), ADMINISTRATOR)
    for choice in ("strength=ordinal", "source=judge:always-first", "source=helped:always-first"):
        yield Place(f"board: {choice}", f"{reverse('board', args=[study.slug])}?{choice}", ADMINISTRATOR)
    for judge in judges:
        yield Place(f"study-judge: {judge.name}", reverse("study-judge", args=[study.slug, judge.pk]), ADMINISTRATOR)
    job = study.dataset.judging_jobs.filter(study=None).first()
    asked = reverse("dataset-judge", args=[study.dataset.name, job.pk])
    yield Place("dataset-judge: judged", asked, ADMINISTRATOR)
    yield Place("study-judges: directed", reverse("study-judges", args=[directed_study().slug]), ADMINISTRATOR)


def _refusals(world: World) -> Iterator[Place]:
    yield Place("not found", "/nothing-is-here/", NOBODY)
    yield Place("refused", reverse("accounts"), MEMBER)
    yield Place("not joined", reverse("rate", args=world.args["rate"]), NOBODY)
    yield Place("accept-invitation: refused", reverse("accept-invitation"), NOBODY)


# ---- what there is to see


def _running_study(owner: User) -> Study:
    study = make_study(
        systems=3, documents=2, title="Weekly planning meetings: the fine-tuned small model or the large one?"
    )
    for comparison, purpose in zip(study.comparisons.all()[:2], ("gold", "training"), strict=True):
        make_gold(comparison, purpose=purpose, explanation="One of them names no date.")
    switch(ControlItem.objects.filter(comparison__study=study).first(), on=False, by=None)
    rate_everything(AnnotatorFactory(study=study, number=1))
    exclude(AnnotatorFactory(study=study, number=2), "Answered every pair within three seconds.", owner)
    add_remarks(study.annotators.get(number=1), 60)
    return study


def _work_of_all_kinds(world: World, owner: User) -> None:
    """Runs that wait and that failed, a fine-tuning with its log, a trial that failed, an upload to look at."""
    run = Run.objects.filter(pk=world.args["run"][0])
    waiting = Run.objects.create(
        system=System.objects.get(slug="lead-3"),
        dataset=run.get().dataset,
        instruction="short",
        instruction_version=run.get().instruction_version,
    )
    for document in waiting.dataset.documents.all():
        Summary.objects.create(run=waiting, document=document)
    endpoint = {"base_url": "http://127.0.0.1:8000/v1", "preset": "vllm"}
    record = {"adapter": "openai", "model_id": "our-8b", "parameters": 8_000_000_000, "context_window": 8192}
    System.objects.create(slug="our-8b", name="Our 8B", regime="fine-tuned", engine=endpoint, **record)
    log = [{"step": n, "loss": 2.5 - n / 40} for n in range(1, 41)] + [{"step": 40, "validation_loss": 1.7}]
    FineTuning.objects.update(log=log, step=40, total_steps=100)
    reason = (
        "The endpoint did not answer: Error code: 503 - gpu-server-17.internal.example.org:8000/v1/chat/completions"
    )
    Trial.objects.filter(pk=world.args["trial"][0]).update(status="failed", failure_reason=reason)
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in sorted(MEETINGS.iterdir())[:3]]
    draft = start_draft(files, "", {"format": "auto", "language": "en", "name": "our-meetings"}, owner)
    world.args["import_draft"] = [draft.public_id]


def _long_names() -> None:
    Document.objects.filter(title="").update(title=Concat(Value("Quarterly planning, part "), F("position") + 1))
    User.objects.filter(username="user0").update(username="maria-fernanda.gonzalez-rodriguez@example.org")


# ---- people who rate

Pages = list[tuple[str, str]]


def _people() -> dict[str, tuple[Client, Pages]]:
    return {
        "beginning": _beginning(),
        "rating": _rating(),
        "practising": _practising(),
        "guessing": _guessing(),
        "asked afterwards": _asked_afterwards(),
        "finished": _finished(),
        "left": _left(),
        **_two_factor(),
    }


def _two_factor() -> dict[str, tuple[Client, Pages]]:
    """Somebody who sets it up, somebody who has it, and somebody between password and code."""
    clients, page = [Client() for _ in range(3)], [("two-factor", reverse("two-factor"))]
    users = [User.objects.create_user(f"ada-{n}", password="of-the-visitor") for n in range(2)]
    factors = [changes.begin(user) for user in users]
    SecondFactor.objects.filter(pk=factors[1].pk).update(confirmed_at=timezone.now())
    for client, user in zip(clients, users, strict=False):
        client.force_login(user)
    clients[2].post(reverse("login"), {"username": "ada-1", "password": "of-the-visitor"})
    return {
        "setting up": (clients[0], page),
        "with an app": (clients[1], page),
        "two-factor, with a password": (clients[2], [("login-code", reverse("login-code"))]),
    }


def _joined(study: Study) -> tuple[Client, Annotator]:
    client = Client()
    client.post(invitation_path(study), {"languages": ["en", "zh"]})
    return client, Annotator.objects.filter(study=study).latest("pk")


def _page(name: str, study: Study, *more: object) -> tuple[str, str]:
    return name, reverse(name, args=[study.public_id, *more])


def _beginning() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2, guidelines="Read the meeting first.\n\n- Then **both** texts.")
    first = study.comparisons.order_by("document").first().document
    Document.objects.filter(pk=first.pk).update(language="zh")
    set_consent_text(study, "You may **stop** at any time. Your answers are stored without your name.", None)
    lines = "choice | Your first language? | English; Chinese\nscale | How tired? | 1-5; not; very\ntext | Your work?"
    set_questions(study, "before", parse_questions(lines), None)
    client, _ = _joined(study)
    invitation = ("join", invitation_path(study))
    return client, [_page("begin", study), invitation, _page("languages-read", study)]


MARKDOWN = (
    "### Plan\n- [ ] call the **printer**\n\n|who|what|when|\n|-|-|-|\n|Li|`invoice.pdf`|Friday|\n\n> agreed\n\n---\n"
)


def _rating() -> tuple[Client, Pages]:
    study = make_study(
        systems=2, documents=3, criteria=("overall", "fluency", "consistency"), strength="required", break_minutes=30
    )
    for criterion in Criterion.objects.filter(study=study):
        criterion.question, criterion.help_text = LIBRARY[criterion.key]
        criterion.save()
    Summary.objects.filter(run__dataset=study.dataset).update(text=MARKDOWN)
    client, annotator = _joined(study)
    return client, [_page("rate", study), ("resume", personal_path(annotator))]


def _practising() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2)
    make_gold(study.comparisons.first(), purpose="training", explanation="{A} names the date.")
    client, annotator = _joined(study)
    assignment = next_assignment(annotator)
    answer(assignment, "b")
    return client, [_page("practice", study, assignment.token)]


def _guessing() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2, ask_guess=True)
    for system, parameters in zip(study.systems.order_by("pk"), (135_000_000, 70_000_000_000), strict=True):
        System.objects.filter(pk=system.pk).update(parameters=parameters)
    client, annotator = _joined(study)
    rate_everything(annotator)
    return client, [_page("guess", study)]


def _asked_afterwards() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2)
    set_questions(study, "after", parse_questions("text | How was it?"), None)
    client, annotator = _joined(study)
    rate_everything(annotator)
    return client, [_page("after", study)]


def _finished() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2, completion_code="C0FFEE")
    client, annotator = _joined(study)
    rate_everything(annotator)
    return client, [_page("rate", study)]


def _left() -> tuple[Client, Pages]:
    study = make_study(systems=2, documents=2)
    client, _ = _joined(study)
    client.post(reverse("leave-study", args=[study.public_id]))
    return client, [_page("rate", study)]
