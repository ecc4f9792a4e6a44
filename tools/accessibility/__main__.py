"""Looks at every page of a filled site of its own, in each language and theme, and lists what is wrong.

python -m tools.accessibility [--only NAME] [--sheets FOLDER]
"""

import argparse
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.parts.site import serving, temporary_site
from tools.accessibility.views import VIEWS

if TYPE_CHECKING:
    from tools.accessibility.site import Site

PORT = 8139


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--port", type=int, default=PORT)
    named = {view.name: view for view in VIEWS}
    parser.add_argument("--view", nargs="+", choices=named, default=list(named), help="only these, in this order")
    parser.add_argument("--sheets", type=Path, help="write contact sheets of all pages into this folder instead")
    asked = parser.parse_args()
    os.environ["PUBLIC_BOARDS"] = "1"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with temporary_site(0):
        from django.core.management import call_command
        from django.db import connections
        from django.test.utils import setup_test_environment

        from evalsite.launcher import web_command
        from leaderboards.presentation.charts.script import make_script
        from tools.accessibility.site import fill_site

        call_command("collectstatic", verbosity=0, interactive=False)
        make_script()
        setup_test_environment()
        site = fill_site()
        connections.close_all()
        command = [*web_command("127.0.0.1", asked.port), "--log-level", "error"]
        with serving(command, f"127.0.0.1:{asked.port}") as server:
            sys.exit(_look(server, site, asked))


def _look(server: str, site: "Site", asked: argparse.Namespace) -> int:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tools.accessibility.sheets import make_sheets
    from tools.accessibility.visiting import Visitors, look_once
    from tools.servers import find_chromium

    views = [view for name in asked.view for view in VIEWS if view.name == name]
    places = [place for place in site.places if asked.only in place.name]
    program = find_chromium(install=False)
    if program is None:
        sys.exit("No Chromium is in /usr/bin: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=ARGUMENTS)
        visitors = Visitors(browser.new_context, server, site)
        if asked.sheets:
            make_sheets(visitors, places, asked.sheets, views)
            return 0
        n = 0
        for place in places:
            seen: dict[str, list[str]] = defaultdict(list)
            for view in views:
                for fault in look_once(visitors, place, view):
                    seen[fault.what].append(fault.where)
            for what, where in seen.items():
                print(f"{place.name} {place.address} [{', '.join(where)}]: {what}", flush=True)
            n += len(seen)
        print(f"{len(places)} pages, {len(views)} views each: {n} faults.")
        return int(n > 0)


if __name__ == "__main__":
    main()
