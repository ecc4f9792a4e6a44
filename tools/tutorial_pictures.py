"""Goes the way of docs/tutorial.md in a browser, on a site of its own, and takes the pictures of it.

What the tutorial's reader does is done by clicks, apart from most votes, which a script casts.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Callable

from benchmarks.parts.site import ROOT

MEETINGS = ROOT / "docs" / "examples" / "meetings"
DATASET, SLUG, TITLE = "our-meetings", "first-study", "Our meetings: SmolLM2 or LexRank?"
SMALL, OTHER = "smollm2-135m-instruct", "lexrank"
PEOPLE = 3
LONGEST = 900
DESK, PHONE = {"width": 1366, "height": 650}, {"width": 375, "height": 740}
MARGIN = 16


def take_tutorial(new_context: Callable, log_in: Callable, keep: Callable[[str, bytes], None]) -> None:
    """Go the way once. new_context: opens a browser for one person. keep: stores a picture by its name."""
    page = new_context(viewport=DESK).new_page()
    log_in(page)
    keep("overview", page.screenshot())
    _import(page, keep)
    _run(page, keep)
    _make_study(page, keep)
    invitation = page.locator("#invitation").input_value()
    _rate(new_context, invitation, keep)
    _read(new_context, log_in, page, keep)


def _down_to(page, selector: str) -> bytes:
    # What stays in sight of a window would lie in the middle of a picture that is higher than one.
    page.evaluate("for (const bar of document.querySelectorAll('.at-hand')) bar.style.position = 'static'")
    box = page.locator(selector).last.bounding_box()
    width = page.viewport_size["width"]
    return page.screenshot(
        full_page=True, clip={"x": 0, "y": 0, "width": width, "height": box["y"] + box["height"] + MARGIN}
    )


def _import(page, keep) -> None:
    page.goto("/import-meetings/")
    page.locator("input[type=file]").set_input_files(sorted(MEETINGS.iterdir()))
    page.locator("#id_name").fill(DATASET)
    page.get_by_role("button", name="Show what is in it").click()
    page.get_by_role("heading", name="What is in it").wait_for()
    keep("import", _down_to(page, "section[aria-labelledby=speakers]"))
    page.get_by_role("button", name="Import 8 documents").click()
    page.get_by_role("heading", name=DATASET).wait_for()


def _run(page, keep) -> None:
    for system in (SMALL, OTHER):
        page.goto(f"/runs/?dataset={DATASET}#start")
        page.locator("#id_dataset").select_option(DATASET)
        page.locator("#id_system").select_option(label=_option(page, "#id_system", system))
        page.locator("#id_instruction").select_option("short")
        if system == SMALL:
            page.evaluate("scrollTo(0, 0)")
            keep("run", page.screenshot())
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_url("**/runs/**")
    _wait_for_workers()
    page.goto(f"/datasets/{DATASET}/")
    document = page.locator("tbody th a").nth(1).get_attribute("href")
    page.goto(document)
    keep("summaries", page.screenshot())


def _option(page, field: str, part: str) -> str:
    return next(text for text in page.locator(f"{field} option").all_inner_texts() if text.startswith(part))


def _wait_for_workers() -> None:
    """Real workers write the summaries, compute the metrics and look for evidence."""
    from jobs.workers.processes import worker_command
    from models_runner.models import Run, ScoringJob

    with subprocess.Popen(worker_command("generation", "metrics", "default"), cwd=ROOT, env=os.environ) as worker:
        try:
            end = time.monotonic() + LONGEST
            while time.monotonic() < end and (
                Run.objects.exclude(status="done").exists()
                or not ScoringJob.objects.exists()
                or ScoringJob.objects.exclude(status="done").exists()
            ):
                time.sleep(1)
        finally:
            worker.terminate()


def _make_study(page, keep) -> None:
    """In its four steps, of which the third stays as it is."""
    page.goto("/studies/new/")
    for name, value in {"title": TITLE, "slug": SLUG}.items():
        page.locator(f"#id_{name}").fill(value)
    page.locator("#id_dataset").select_option(DATASET)
    page.locator("#id_instruction").select_option("short")
    page.locator("[data-step-link=who]").click()
    for system in (SMALL, OTHER):
        page.locator(f"[name=systems][value='{system}']").check()
    page.locator("#id_small_system").select_option(SMALL)
    page.locator("#id_large_system").select_option(OTHER)
    keep("study-who", _settled(page))
    page.locator("[data-step-link=when]").click()
    page.locator("#id_quota").fill(str(PEOPLE))
    page.locator("#forecast .chance-picture").wait_for()
    keep("study-when", _settled(page))
    page.get_by_role("button", name="Create and open").click()
    page.locator("#invitation").wait_for()
    _find_evidence()
    page.goto(f"/studies/{SLUG}/")
    keep("link", page.screenshot())


def _settled(page) -> bytes:
    """The page from its top, once it says what the study would be as it is filled in."""
    page.locator("[data-live][aria-busy=false]").wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return page.screenshot()


def _find_evidence() -> None:
    from annotations.models import Study
    from annotations.tasks import find_evidence

    for _ in Study.objects.get(slug=SLUG).dataset.documents.all():
        find_evidence.run()


def _rate(new_context, invitation: str, keep) -> None:
    context = new_context(viewport=DESK)
    page = context.new_page()
    page.goto(invitation)
    keep("invitation", page.screenshot())
    page.get_by_role("button", name="Start").click()
    page.locator("[data-pair][data-ready]").wait_for()
    page.locator(".sentence[role=button]").first.click()
    page.locator("[data-evidence]").wait_for()
    page.mouse.move(0, 0)
    keep("rating", page.screenshot())
    phone = new_context(viewport=PHONE, has_touch=True).new_page()
    phone.goto(invitation)
    phone.get_by_role("button", name="Start").click()
    phone.locator("[data-pair][data-ready]").wait_for()
    keep("rating-phone", phone.screenshot())
    third = new_context(viewport=DESK).new_page()
    third.goto(invitation)
    third.get_by_role("button", name="Start").click()
    third.locator("[data-pair][data-ready]").wait_for()
    _cast_votes()


def _cast_votes() -> None:
    """Most prefer what LexRank took from the meeting to what the small model made up."""
    from annotations.models import Annotator
    from annotations.rating.assignment import next_assignment
    from annotations.rating.votes import Vote, record_vote

    for person, annotator in enumerate(Annotator.objects.filter(study__slug=SLUG).order_by("number")):
        n = 0
        while assignment := next_assignment(annotator):
            first = assignment.comparison.summary_a
            extract = "a" if first.run.system.slug == OTHER else "b"
            choice = "left" if extract == assignment.shown_left else "right"
            if (n + person) % 6 == 0:
                choice = "tie" if n % 2 else {"left": "right", "right": "left"}[choice]
            for criterion in assignment.comparison.study.criteria.all():
                vote = Vote(
                    assignment.token, criterion.key, choice, uuid.uuid4(), lead_time_ms=38_000, active_ms=34_000
                )
                record_vote(annotator, vote)
            n += 1


def _read(new_context, log_in, page, keep) -> None:
    for name, options in {
        "board": {"viewport": DESK},
        "board-dark": {"viewport": DESK, "color_scheme": "dark"},
        "board-phone": {"viewport": PHONE},
    }.items():
        reader = new_context(**options).new_page()
        log_in(reader)
        reader.goto(f"/boards/{SLUG}/")
        keep(name, _down_to(reader, "section[aria-labelledby=question]"))
    page.goto(f"/boards/{SLUG}/report/")
    keep("report", _down_to(page, "section[aria-labelledby=asked]"))
