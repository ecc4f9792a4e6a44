"""Takes pictures in docs/images: python -m tools.pictures [--of study|tutorial] [FOLDER] (CONTRIBUTING.md).

On a site of its own. The tutorial's are taken on its way from transcripts to a board (tools/tutorial_pictures.py). Pages of results show the study of tests/leaderboards/compared.py, researchers' pages that of
tools/picture_study.py; votes are drawn, not given by people.
"""

import argparse
import io
import os
import sys
from pathlib import Path

import numpy as np

from benchmarks.parts.site import ROOT, serving, temporary_site

IMAGES = ROOT / "docs" / "images"
PORT = 8137
USER, PASSWORD = "researcher", "for-pictures-only"
DESK, TABLET, PHONE = {"width": 1280, "height": 860}, {"width": 768, "height": 1024}, {"width": 360, "height": 740}
SCREENS = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "tablet": {"viewport": TABLET, "color_scheme": "light"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}
PAGES = {"board": "", "pareto": "small-versus-large/", "trust": "trust/", "trust-combined": "combined/"}
# A page that is there once, light; and pages that are not there in the dark or on a tablet, which look like the board's.
ONCE = ("trust-combined",)
OF_BOARD_ALONE, WITHOUT = ("dark", "tablet"), ("pareto", "trust")
# Pages of a study for those who run it, there once, light: address, and the last element that the picture shows.
STUDY_PAGES = {
    "quality": ("studies/pilot/quality/", "main section.card >> nth=2"),
    "pairs": ("studies/pilot/pairs/", "tbody tr >> nth=11"),
    "disagreements": ("studies/pilot/disagreements/", "main article.card >> nth=2"),
    "people": ("studies/pilot/people/", ""),
    "annotator": ("studies/pilot/annotators/4/", ""),
    "new-study": ("studies/new/", ""),
}
MARGIN = 16
NEW_STUDY = {"title": "Pilot with action items", "annotators": "8", "quota": "4", "share": "60"}
PICTURED_SYSTEMS = ("lead-3", "lexrank", "textrank", "reference")
COLOURS = 128
MOST_COLOURS = 256
MOST_BYTES = 220_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=IMAGES)
    parser.add_argument("--of", choices=["results", "study", "tutorial"], default="results", help="which pages")
    asked = parser.parse_args()
    folder = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_site(0):
        from django.core.management import call_command
        from django.db import connections

        from evalsite.launcher import web_command
        from leaderboards.presentation.charts.script import make_script

        call_command("collectstatic", verbosity=0, interactive=False)
        make_script()
        _make_study(asked.of)
        connections.close_all()
        command = [*web_command("127.0.0.1", PORT), "--log-level", "error"]
        with serving(command, f"127.0.0.1:{PORT}") as server:
            _take(server, folder, asked.of)


def _make_study(of: str) -> None:
    from django.contrib.auth.models import User

    from tools.picture_study import make_pictured_study

    researcher = User.objects.create_user(USER, password=PASSWORD, is_staff=True)
    if of == "study":
        make_pictured_study(researcher)
    elif of == "tutorial":
        _as_after_the_first_start(researcher)
    else:
        _make_compared_study()


def _as_after_the_first_start(researcher) -> None:
    from evalsite.example.study import load_example
    from leaderboards.presentation.study_verdict import study_verdict
    from models_runner.systems.catalog import ensure_all

    ensure_all()
    study_verdict(load_example(researcher))


def _make_compared_study() -> None:
    from models_runner.models import Dataset, Summary
    from tests.leaderboards.analysed import add_documents
    from tests.leaderboards.compared import SYSTEMS, make_compared_study
    from tests.leaderboards.helpers import score, summaries_of

    study = make_compared_study(
        slug="meetings", title="Meeting summaries", documents=30, annotators=8, keep=0.25, noninferiority_margin=0.05
    )
    add_documents(study, 30)
    Dataset.objects.filter(pk=study.dataset_id).update(name="team-meetings")
    rng = np.random.default_rng(4)
    for slug, _, _, _, seconds, _, strength in SYSTEMS:
        summaries = summaries_of(study, slug)
        Summary.objects.filter(run__system__slug=slug).update(seconds=seconds)
        for name, metric, mean, by_strength, noise in METRICS:
            there = [summary for summary in summaries if not summary.scores.filter(name=name).exists()]
            values = mean + by_strength * strength + noise * rng.normal(size=len(there))
            values = values.round() if name == "words" else values
            score(there, name, values.tolist(), metric=metric, signature=f"{metric}|simulated")


# Name, metric, mean, how much it follows the strength, noise.
METRICS = (
    ("rouge1", "rouge", 0.38, 0.05, 0.03),
    ("rouge2", "rouge", 0.12, 0.02, 0.02),
    ("rougeL", "rouge", 0.25, 0.03, 0.03),
    ("rougeLsum", "rouge", 0.33, 0.04, 0.03),
    ("bertscore_f1", "bertscore", 0.62, 0.03, 0.02),
    ("words", "words", 95.0, 9.0, 18.0),
)


def _take(server: str, folder: Path, of: str) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tools.servers import CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        if of == "tutorial":
            _take_tutorial(browser, server, folder)
            return
        for screen, options in SCREENS.items():
            context = browser.new_context(base_url=server, **options)
            page = context.new_page()
            _log_in(page)
            for name, address in PAGES.items() if of == "results" else ():
                if screen == "light" or (name not in ONCE and not (screen in OF_BOARD_ALONE and name in WITHOUT)):
                    taken = folder / f"{name if name in ONCE else f'{name}-{screen}'}.png"
                    _keep(taken, _results_picture(page, address))
            for name in STUDY_PAGES if of == "study" and screen == "light" else ():
                _keep(folder / f"{name}.png", _study_picture(page, name))
            context.close()
        browser.close()


def _take_tutorial(browser, server: str, folder: Path) -> None:
    from tools.tutorial_pictures import take_tutorial

    # A picture of the way may wait for a model on a busy machine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

    def keep(name: str, png: bytes) -> None:
        _keep(folder / f"tutorial-{name}.png", png, MOST_COLOURS)

    def new_context(**options):
        return browser.new_context(base_url=server, **options)

    take_tutorial(new_context, _log_in, keep)
    browser.close()


def _log_in(page) -> None:
    page.goto("/login/")
    page.locator("#id_username").fill(USER)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button.primary").click()
    page.wait_for_url("**/")


def _keep(taken: Path, png: bytes, colours: int = COLOURS) -> None:
    taken.write_bytes(_small(png, colours))
    print(f"{taken.name}: {taken.stat().st_size:,} bytes")
    if taken.stat().st_size > MOST_BYTES:
        sys.exit(f"{taken} is larger than {MOST_BYTES:,} bytes.")


def _study_picture(page, name: str) -> bytes:
    address, last = STUDY_PAGES[name]
    page.goto(f"/{address}")
    if name == "new-study":
        _fill_in(page)
    if not last:
        return page.screenshot(full_page=True)
    box = page.locator(last).bounding_box()
    clip = {"x": 0, "y": 0, "width": DESK["width"], "height": box["y"] + box["height"] + MARGIN}
    return page.screenshot(full_page=True, clip=clip)


def _fill_in(page) -> None:
    """Fill in the steps up to the last one, which is pictured."""
    page.locator("#id_title").fill(NEW_STUDY["title"])
    page.locator("#id_dataset").select_option("sample-meetings")
    for step, chosen in (("who", ("systems", PICTURED_SYSTEMS)), ("how", ("criteria", ("overall", "consistency")))):
        page.locator(f"[data-step-link={step}]").click()
        for value in chosen[1]:
            page.locator(f"[name={chosen[0]}][value='{value}']").check()
        if step == "who":
            page.locator("#id_small_system").select_option(PICTURED_SYSTEMS[0])
            page.locator("#id_large_system").select_option(PICTURED_SYSTEMS[1])
            page.locator("#id_margin").fill("10")
    page.locator("[data-step-link=when]").click()
    for name in ("annotators", "quota", "share"):
        page.locator(f"#id_{name}").fill(NEW_STUDY[name])
    page.locator("#forecast .chance-picture").wait_for()
    # Forecast and preview come from the server a while after what was filled in.
    page.get_by_text(f"by {NEW_STUDY['annotators']} annotators").first.wait_for()
    page.get_by_text(f"for each of {NEW_STUDY['annotators']}").first.wait_for()
    page.evaluate("document.activeElement.blur()")


def _results_picture(page, address: str) -> bytes:
    page.goto(f"/boards/meetings/{address}", timeout=120_000)
    for figure in page.locator("figure[data-spec]").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".chart-live svg").wait_for()
    page.evaluate("scrollTo(0, 0)")
    return page.screenshot(full_page=True)


def _small(png: bytes, colours: int) -> bytes:
    """With a palette that keeps the few strong colours of a figure among the many greys of text."""
    from PIL import Image

    few = (
        Image.open(io.BytesIO(png))
        .convert("RGB")
        .quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
