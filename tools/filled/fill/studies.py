# mypy: ignore-errors
"""Studies with their people, invitations, gold and votes: one of each kind."""

import json
from collections.abc import Iterator
from datetime import timedelta

from annotations.assignment import next_assignment
from annotations.attention import add_attention_checks
from annotations.exclusion import exclude
from annotations.giveaways import check_all
from annotations.leases import leave
from annotations.links import invitation_path, personal_path, single_path
from annotations.undo import undo
from django.contrib.auth.models import User
from django.utils import timezone

from annotations import gold, invitations, members, own_data, setup
from annotations.models import Annotator, Assignment, Study
from api.models.tokens import Scope
from api.tokens import make_token
from models_runner import catalog
from tools.filled.fill.begin import CLOCK, KEYS, LINKS, browser, dataset
from tools.filled.fill.votes import guess, lapse, outcome_for, rate, say, vote
from tools.filled.still import STARTED

COMPARED = ("lead-3", "lexrank", "acme-780m", "acme-70b", "reference")
DOCUMENTS = (
    *("budget-library", "council-riverside-park", "hiring-data-engineer"),
    *("standup-checkout", "incident-review-backup", "zh-school-canteen"),
)
QUESTIONS = ("overall", "informativeness", "actionable")
OWN_QUESTION = "actionable | Which summary says better who does what? | Names, dates | and who decided."
# Who erases what leads to her, whose link is taken back, who stays, and who never comes.
MAILED = ("erika", "nobody", "carl", "late")


def make_compared(people: dict[str, User]) -> Study:
    """Every pair, three questions, gold and training, guesses; rated to the end."""
    researcher = people["researcher"]
    study = setup.create_study(
        "compared",
        dataset("sample-meetings"),
        [catalog.ensure_system(slug) for slug in COMPARED],
        criteria=QUESTIONS[:2],
        own_criteria=setup.own_criteria(OWN_QUESTION),
        quota=2,
        title="Small against large",
        guidelines="Read **everything**.\n\n- dates\n- names",
        options=setup.RatingOptions(strength="optional", break_minutes=20),
        material=setup.Material(chosen=DOCUMENTS, seed=7),
        created_by=people["owner"],
        draft=True,
    )
    members.add_member(study, "researcher", "researcher", researcher)
    members.add_member(study, "helper", "researcher", people["owner"])
    members.remove_member(members.add_member(study, "ada", "researcher", people["owner"]), people["owner"])
    changes = {"gold_every": 6, "ask_guess": True, "completion_code": "C0DE", "annotator_title": "Which is better?"}
    setup.change_settings(study, changes, people["owner"])
    setup.change_status(study, "open", people["owner"])
    check_all()
    add_control_items(study, researcher)
    # It has known pairs now, and annotators read that from here.
    study.refresh_from_db()
    rate_compared(study, people)
    given = Assignment.objects.filter(comparison__study=study, state="done")
    assert {"rating", "gold", "training"} == set(given.values_list("comparison__purpose", flat=True))
    return study


def add_control_items(study: Study, by: User) -> None:
    pairs = list(study.comparisons.for_rating().order_by("pk"))
    trained = gold.make_known(
        pairs[3], gold.Known("training", {"overall": ["a", "tie"]}, "{A} names the dates, {B} does not."), by
    )
    gold.make_known(pairs[17], gold.Known("gold", {"overall": ["b"], "informativeness": ["b"]}, "A note."), by)
    switched = gold.make_known(pairs[29], gold.Known("gold", {"overall": ["a"]}), by)
    gold.switch(switched, on=False, by=by)
    removed = gold.make_known(pairs[31], gold.Known("gold", {"overall": ["a"]}), by)
    gold.remove(removed, by)
    add_attention_checks(study, 3, "gold", by)
    assert trained.comparison.purpose == "training"


def join_in_browser(study: Study, user: User, link: str) -> Annotator:
    """By a personal link, with an account, in a browser that stays open."""
    client = browser()
    client.force_login(user)
    client.post(link)
    LINKS["session:erased"] = client.session.session_key
    annotator = study.annotators.get(user=user)
    LINKS["resume:erased"] = personal_path(annotator)
    return annotator


def rate_compared(study: Study, people: dict[str, User]) -> None:
    """Until nobody has anything left; then guesses, one annotator left out, one who erased what leads to her."""
    who = join_compared(study, people)
    change_minds(who[0])
    for annotator, most in zip(who, (9, 4, 12, 8, 10, 6), strict=True):
        rate(annotator, most=most, skill=2.0)
        CLOCK.forward(minutes=7)
    lapse(who[1])
    say(next_assignment(who[2]), "skip", "No idea of budgets.", "subject")
    say(next_assignment(who[1]), "comment", "erika@example.org may be asked")
    for _ in range(3):
        for annotator, skill in zip(who, (2.0, 2.0, 1.0, 0.5, 0.0, 1.5), strict=True):
            rate(annotator, most=7, skill=skill, always="" if skill else "left")
            CLOCK.forward(minutes=11)
    for annotator in who:
        while rate(annotator):
            pass
    for annotator in who[:4]:
        guess(annotator)
    exclude(who[4], "Always the left one.", people["owner"])
    own_data.erase(who[1])


def join_compared(study: Study, people: dict[str, User]) -> list[Annotator]:
    """By invitations of every kind, two of which let nobody in any more, and by the open link."""
    owner = people["owner"]
    (link,) = invitations.invite(study, "link", owner, label="Students", max_uses=10)
    mailed = invitations.invite(study, "email", owner, addresses=[f"{name}@example.org" for name in MAILED])
    (platform,) = invitations.invite(study, "external", owner, label="Prolific", id_parameter="PROLIFIC_PID")
    invitations.invite(study, "link", owner, label="Old", expires_at=timezone.now() + timedelta(hours=1))
    invitations.revoke(mailed[1], owner)
    return [
        invitations.accept(None, study, people["ada"]),
        join_in_browser(study, people["erika"], single_path(mailed[0])),
        invitations.accept(platform, study, None, "5f1e"),
        invitations.accept(link, study, None),
        invitations.accept(link, study, None),
        invitations.accept(mailed[2], study, None),
    ]


def change_minds(annotator: Annotator) -> None:
    """Answers taken back and corrected, comments of which the newest counts, a problem."""
    first = next_assignment(annotator)
    vote(first, "overall", "a", strength=2)
    undo(annotator, next(KEYS))
    vote(first, "overall", "b", strength=1)
    vote(first, "overall", "tie")
    say(first, "comment", 'I was there, =1+1 "quoted", and a\nnew line.')
    say(first, "comment", "I was there.")
    say(first, "problem", "The second text ends early.", "broken")


def make_adaptive(people: dict[str, User]) -> Study:
    """Drawn by the votes so far, comments required; left half rated, with pairs in people's hands."""
    study = setup.create_study(
        "adaptive",
        dataset("sample-meetings"),
        [catalog.ensure_system(slug) for slug in ("lead-3", "acme-780m", "acme-70b")],
        quota=3,
        title="Adaptive",
        options=setup.RatingOptions(allow_both_bad=False, strength="required", comments="required"),
        material=setup.Material(sample=4, seed=11),
        created_by=people["owner"],
        sampling="adaptive",
        epsilon=0.3,
        margin=0.1,
    )
    ada = invitations.accept(None, study, people["ada"])
    others = [invitations.accept(None, study, None) for _ in range(3)]
    for annotator, most in zip((ada, *others), (6, 5, 4, 3), strict=True):
        rate(annotator, most=most)
    held = next_assignment(ada)
    vote(held, "overall", "a", strength=2)
    next_assignment(others[0])
    leave(others[2])
    setup.change_settings(study, {"quota": 4}, people["owner"])
    setup.change_status(study, "pause", people["owner"])
    setup.change_status(study, "open", people["owner"])
    return study


def make_elsewhere(people: dict[str, User]) -> Study:
    """Rated elsewhere by people and by a language model, some pairs of each document; closed."""
    study = setup.create_study(
        "elsewhere",
        dataset("sample-meetings"),
        [catalog.ensure_system(slug) for slug in ("lead-3", "lexrank", "acme-70b", "reference")],
        quota=1,
        title="Rated elsewhere",
        material=setup.Material(pairs_per_document=4, seed=5),
        created_by=people["researcher"],
        margin=None,
    )
    token = make_token(people["researcher"], "imports votes", Scope.WRITE)[1]
    lines = "".join(json.dumps(row) + "\n" for row in votes_elsewhere(study))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "votes-of-elsewhere"}
    answer = browser().post("/api/v1/studies/elsewhere/votes", lines, content_type="application/jsonl", headers=headers)
    assert answer.status_code == 200, answer.content
    setup.change_status(study, "close", people["researcher"])
    return study


def votes_elsewhere(study: Study) -> Iterator[dict[str, object]]:
    pairs = study.comparisons.select_related("document", "summary_a__run__system", "summary_b__run__system")
    for number, pair in enumerate(pairs.order_by("pk")):
        for judge, kind, skill in (("judge-1", "human", 1.5), ("judge-2", "human", 1.0), ("gpt", "llm", 2.5)):
            outcome = outcome_for(pair, skill)
            row = {
                "document_id": pair.document.external_id,
                "criterion": "overall",
                "model_a": pair.summary_a.run.system.slug,
                "model_b": pair.summary_b.run.system.slug,
                "winner": {"a": "model_a", "b": "model_b"}.get(outcome, outcome),
                "judge": judge,
                "judge_type": kind,
                "tstamp": 1_790_000_000.5 + 3600 * number,
            }
            yield row | ({"shown_left": "a", "lead_time": 4.5} if judge == "judge-1" else {})


def make_draft(people: dict[str, User]) -> Study:
    """Answers to queries, one system against the others; a draft with dates."""
    study = setup.create_study(
        "queries",
        dataset("questions"),
        [catalog.ensure_system(slug) for slug in ("lead-3", "lexrank", "flaky")],
        instruction="query",
        quota=1,
        material=setup.Material(split="test", anchor=catalog.ensure_system("lead-3")),
        created_by=people["owner"],
        draft=True,
    )
    dates = {"opens_at": STARTED + timedelta(days=90), "closes_at": STARTED + timedelta(days=120)}
    setup.change_settings(study, dates, people["owner"])
    return study


def rate_in_browser(study: Study) -> None:
    """Joins by the open link and votes through the pages."""
    client = browser()
    client.post(invitation_path(study))
    annotator = study.annotators.get()
    for outcome in ("left", "tie", "right"):
        held = next_assignment(annotator)
        for key in study.criteria.values_list("key", flat=True):
            answer = {"token": held.token, "criterion": key, "choice": outcome, "client_key": next(KEYS)}
            answer |= {"lead_time_ms": 5000, "active_ms": 4000}
            done = client.post(f"/rate/{study.public_id}/vote", answer)
            assert done.status_code < 400, done.content
    client.get(f"/rate/{study.public_id}/next", {"after": str(held.token)})
