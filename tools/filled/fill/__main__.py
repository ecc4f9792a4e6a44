# mypy: ignore-errors
"""Everything in its order. See the package."""

# First: it holds the clock before anything is imported that reads it.
from tools.filled.fill.begin import CLOCK, LINKS, LONG, WORKER, browser  # isort: split

import json
import sys
from datetime import timedelta
from pathlib import Path

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from leaderboards.version import CODE_VERSION

from annotations.models import EvidenceJob, QualitySnapshot, Study
from evalsite.sample import load_sample
from models_runner.models import Worker
from tools.filled.fill import programs, results, runs, studies
from tools.filled.still import STARTED

# Rights are given by roles in studies, none by Django's own rights.
EMPTY = {
    "auth_group_permissions",
    "auth_user_user_permissions",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
}


def fill(manifest: Path) -> None:
    """Everything, in an order that never looks at what comes later."""
    call_command("migrate", verbosity=0)
    # Engines look at the clock differently often while they migrate.
    CLOCK.at = STARTED + timedelta(minutes=5)
    Worker.objects.create(owner=WORKER, queues=["generation", "metrics", "default"], seen_at=timezone.now())
    people = make_people()
    demo = load_sample(people["researcher"])
    runs.add_questions_dataset()
    runs.write_summaries()
    runs.set_measures()
    made = {
        "compared": studies.make_compared(people),
        "adaptive": studies.make_adaptive(people),
        "elsewhere": studies.make_elsewhere(people),
        "queries": studies.make_draft(people),
    }
    studies.rate_in_browser(demo)
    results.find_evidence()
    programs.add_webhooks(people, made)
    programs.keep_answers(people, made)
    results.release_and_export(people, made["compared"])
    results.keep_snapshots(made["compared"])
    programs.send_deliveries()
    leave_work_behind(people, made)
    refuse_empty_tables()
    about = {"links": LINKS, "ended_at": CLOCK.at.isoformat(), "code_version": CODE_VERSION, "rows": row_counts()}
    manifest.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")


def make_people() -> dict[str, User]:
    names = ("owner", "helper", "ada", "erika", "gone")
    people = {name: User.objects.create_user(name, f"{name}@example.org", "correct horse") for name in names}
    people["researcher"] = User.objects.create_superuser("researcher", "researcher@example.org", "correct horse")
    User.objects.filter(username="gone").update(is_active=False)
    people["helper"].groups.add(Group.objects.create(name="helpers"))
    client = browser()
    for password in ("wrong horse", "correct horse"):
        client.post("/login/", {"username": "researcher", "password": password})
    # Somebody whose failed tries were not followed by a right one.
    browser().post("/login/", {"username": "stranger", "password": "guessed"})
    return people


def leave_work_behind(people: dict[str, User], made: dict[str, Study]) -> None:
    """Work of every kind waiting, held, failed and given up, as it is when a worker ends in the middle."""
    runs.leave_runs()
    runs.leave_fine_tunings()
    results.leave_files(made["compared"], people["owner"])
    results.leave_snapshot_jobs(made["compared"])
    jobs = list(EvidenceJob.objects.order_by("pk")[:3])
    EvidenceJob.objects.filter(pk=jobs[0].pk).update(owner=WORKER, lease_until=timezone.now() + LONG, attempts=1)
    EvidenceJob.objects.filter(pk=jobs[1].pk).update(attempts=3, reason="No weights.")
    QualitySnapshot.objects.get_or_create(study=made["adaptive"], defaults={"asked_at": timezone.now()})
    LogEntry.objects.create(
        user=people["researcher"],
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(people["gone"].pk),
        object_repr="gone",
        action_flag=CHANGE,
        change_message="[]",
    )
    Worker.objects.create(owner="yet-another/1:8:80:1", queues=["default"], seen_at=timezone.now())


def row_counts() -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names()):
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


def refuse_empty_tables() -> None:
    if empty := {table for table, rows in row_counts().items() if not rows} - EMPTY:
        raise SystemExit(f"Nothing was put into {', '.join(sorted(empty))}.")


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
