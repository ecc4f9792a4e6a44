"""Write what the site shows of a filled database: boards, analyses, exports, releases, answers of the API, figures.

Everything is asked for as users ask: by address, or by management command. No module of the project is named here, so
that the same script runs with the code that filled the database and with any later one:

    DATA_DIR=… DATABASE_URL=… SECRET_KEY=… python -m tools.filled.outputs MANIFEST FOLDER

The clock stands still an hour after the database was filled, and no toss of a coin comes out differently (`still`).
What then still depends on more than the database is left out or replaced, each with its reason: see `tidy`.
"""

import argparse
import io
import json
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from tools.filled import tidy
from tools.filled.site import FilledSite, command, forget_stored, written_by
from tools.filled.still import Clock, counted_identifiers, hold, simplify_pages

STUDIES = ("compared", "adaptive", "elsewhere", "demo", "queries")
# Of each study: its questions, and what else its boards are asked for.
BOARDS = {
    "compared": ("overall", "informativeness", "actionable"),
    "adaptive": ("overall",),
    "elsewhere": ("overall",),
    "demo": ("overall", "informativeness"),
    "queries": ("overall",),
}
FILTERS = {
    "compared": (
        *("ties=dropped", "ties=davidson", "flagged=out", "language=zh", "control=length", "group=open"),
        *("group=personal", "group=1", "length=short", "flagged=out&ties=davidson"),
    ),
    "adaptive": ("weights=chance",),
    "elsewhere": ("judges=human", "judges=llm", "group=imported"),
    "demo": (),
    "queries": (),
}
ANALYSED = ("compared", "adaptive", "elsewhere")
# How far metrics agree with people takes as long as everything else together, so each seam of it is tried once.
TRUSTED = ("compared",)
ANALYSES = ("trust", "combined", "small-large", "planning")
FORMATS = ("csv", "jsonl", "parquet", "arena", "evalica", "dpo", "kto", "openai")
CHARTS = ("forest", "win-matrix", "scatter", "progress", "pareto", "widths")
# Reading again what is kept is another way than computing it: a limit of no votes makes every study a large one.
LARGE = {"BOARD_IN_REQUEST_VOTES": 0}


# ---- what there is to see


def stored(site: FilledSite) -> None:
    """Boards and analyses that a worker computed before, read from their rows; of another version none are read."""
    from django.test import override_settings

    if site.code_version != site.manifest["code_version"]:
        return
    with override_settings(**LARGE):
        site.keep_json("stored/board", site.get("/boards/compared/board.json"))
        site.keep_json("stored/board-davidson", site.get("/boards/compared/board.json?ties=davidson"))
        for kind in ANALYSES:
            site.keep_json(f"stored/{kind}", site.api(f"/studies/compared/analyses/overall/{kind}"))
        site.keep_page("stored/quality", site.get("/studies/compared/quality/"))
        site.keep_page("stored/page", site.get("/boards/compared/"))


def boards(site: FilledSite) -> None:
    """Computed anew, in every form."""
    forget_stored()
    for study, criteria in BOARDS.items():
        asked = [f"criterion={criterion}" for criterion in criteria] + list(FILTERS[study])
        for query in asked:
            place = f"boards/{study}/{query.replace('criterion=', '')}"
            site.keep(f"{place}/board.json", site.get(f"/boards/{study}/board.json?{query}"))
            for ending in ("csv", "tex", "md"):
                site.keep(f"{place}/board.{ending}", site.get(f"/boards/{study}/board.{ending}?{query}"))
            site.keep_page(f"{place}/page", site.get(f"/boards/{study}/?{query}"))
            site.keep_page(f"{place}/wins", site.get(f"/boards/{study}/wins/?{query}"))
        for criterion in criteria:
            site.keep_json(f"boards/{study}/{criterion}/api", site.api(f"/studies/{study}/boards/{criterion}"))
            text = command("leaderboard", study, "--criterion", criterion)
            site.keep(f"boards/{study}/{criterion}/terminal.figures", tidy.figures(text, site.names))
    site.keep("boards/unknown-filter", site.get("/boards/compared/board.json?ties=thrown"))
    site.keep("boards/unknown-criterion", site.get("/boards/compared/board.json?criterion=beauty"))


def analyses(site: FilledSite) -> None:
    for study in ANALYSED:
        place = f"analyses/{study}"
        site.keep(f"{place}/combined.json", site.get(f"/boards/{study}/combined/combined.json"))
        pages = ["combined/", "combined/?w_rouge1=1&w_votes=2", "small-versus-large/", "figures/"]
        pages += ["planning/", "planning/?stopping=1"]
        kinds = [kind for kind in ANALYSES if kind != "trust" or study in TRUSTED]
        if study in TRUSTED:
            site.keep(f"{place}/trust.json", site.get(f"/boards/{study}/trust/trust.json"))
            pages += ["trust/", "trust/votes/", "trust/?show=equal-length"]
        for kind in kinds:
            site.keep_json(f"{place}/api-{kind}", site.api(f"/studies/{study}/analyses/overall/{kind}"))
        for page in pages:
            name = page.replace("/?", "-").replace("/", "-").strip("-")
            site.keep_page(f"{place}/{name}", site.get(f"/boards/{study}/{page}"))
    site.keep("analyses/elsewhere/analyse.json", command("analyse", "elsewhere", "--format", "json", "--seed", "3"))


def charts(site: FilledSite) -> None:
    """The numbers of each chart, and its specification."""
    for name in CHARTS:
        site.keep(f"charts/{name}.csv", site.get(f"/boards/compared/figures/{name}.csv"))
        site.keep_json(f"charts/{name}", site.get(f"/boards/compared/figures/{name}.json"))


def exports(site: FilledSite) -> None:
    for study in ("compared", "adaptive", "elsewhere"):
        address = f"/boards/{study}/exports/new"
        for name in FORMATS:
            for more in ({}, {"votes": "each", "include_flagged": "on", "include_excluded": "on"}):
                how = "-all" if more else ""
                content = site.post(address, {"format": name, "criterion": "", "since": "", **more})
                site.keep(f"exports/{study}/{name}{how}", tidy.table(content))
        for ending in ("csv", "jsonl"):
            site.keep(f"exports/{study}/ratings.{ending}", site.get(f"/boards/{study}/ratings.{ending}"))
        site.keep(f"exports/{study}/api-votes", site.api(f"/studies/{study}/votes"))
    site.keep("exports/compared/ratings-filtered.csv", site.get("/boards/compared/ratings.csv?flagged=out"))
    asked = {"format": "csv", "criterion": "informativeness", "since": "2026-11-21"}
    site.keep("exports/compared/since.csv", site.post("/boards/compared/exports/new", asked))
    for arguments in (("csv",), ("kto", "--votes", "each"), ("jsonl", "--since", "2026-11-20T10:30")):
        content = written_by("export_ratings", "compared", "--format", *arguments)
        site.keep(f"exports/compared/command-{arguments[0]}", content)
    for dataset in ("sample-meetings", "questions"):
        site.keep(f"exports/summaries-{dataset}", written_by("export_summaries", "--dataset", dataset))
        site.keep(f"exports/documents-{dataset}", site.api(f"/datasets/{dataset}/export"))


# ---- releases and exports that were written before, and a release made now


def releases(site: FilledSite) -> None:
    site.keep_json("releases/list", site.api("/studies/compared/releases"))
    for version in ("1.0", "1.1-rc.1"):
        site.keep(f"releases/{version}-check", command("release", "check", "compared", version))
        whole = site.get(f"/releases/compared/{version}/zip")
        site.keep(f"releases/{version}-files", listing(site, version, whole))
        site.keep_page(f"releases/{version}-page", site.get(f"/releases/compared/{version}/"))
    site.keep("releases/terminal", tidy.folders(command("release", "list")))
    for page in ("/releases/", "/boards/compared/releases/", "/boards/compared/exports/"):
        site.keep_page(f"releases/page-{page.strip('/').replace('/', '-')}", site.get(page))
    site.keep("releases/exported", exported_files(site))
    for study in ("compared", "elsewhere", "adaptive"):
        make_release(site, study)


def listing(site: FilledSite, version: str, whole: bytes) -> bytes:
    """Name, size and digest of every file, each also fetched by its own address."""
    lines = [f"{sha256(whole).hexdigest()} {len(whole)} zip"]
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            short = name.partition("/")[2]
            if site.get(f"/releases/compared/{version}/files/{short}") != content:
                raise SystemExit(f"{short} of release {version} differs from the one in the zip file.")
            lines.append(f"{sha256(content).hexdigest()} {len(content)} {short}")
    return ("\n".join(lines) + "\n").encode()


def exported_files(site: FilledSite) -> bytes:
    """The files of exports that a worker wrote, by the links of the page."""
    page = site.get("/boards/compared/exports/").decode()
    lines = []
    for address in dict.fromkeys(re.findall(r'href="(/exports/[0-9a-f-]+/)"', page)):
        content = site.get(address)
        lines.append(f"{sha256(content).hexdigest()} {len(content)}")
    return ("\n".join(lines) + "\n").encode()


def make_release(site: FilledSite, study: str) -> None:
    """The files of a new one. Its records are compared, and what hashes them is checked here instead.

    reproduce.py is left out: it is a piece of the code that goes with the data.
    """
    more = ["--include-comments", "--include-excluded"] if study == "compared" else []
    made = command("release", "make", study, "--release-version", "9.0", *more)
    site.keep(f"releases/new-{study}-made", tidy.folders(made))
    whole = site.get(f"/releases/{study}/9.0/zip")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    digests = {sha256(content).hexdigest(): name for name, content in files.items()}
    for name, content in files.items():
        if name != "reproduce.py":
            shown = tidy.table(content) if name.endswith(".parquet") else tidy.digests(content, digests)
            site.keep(f"releases/new-{study}/{name}", shown)
    record = site.read(f"/studies/{study}/releases/9.0")
    if record["sha256"] != sha256(whole).hexdigest() or record["bytes"] != len(whole):
        raise SystemExit(f"The record of the new release of {study} does not fit its zip file.")
    site.keep_json(f"releases/new-{study}-record", json.dumps(record | {"sha256": "", "bytes": 0}).encode())


# ---- answers of the API, pages of researchers


def resources(site: FilledSite) -> None:
    """Every list and every single record that programs read."""
    for name in ("sample-meetings", "questions"):
        for path in ("", "/documents", "/documents?split=test", "/summaries?instruction=query"):
            site.keep_json(
                f"api/dataset-{name}{path.replace('/', '-')}", tidy.whole(site.api(f"/datasets/{name}{path}"))
            )
    site.keep_json("api/datasets", site.api("/datasets"))
    for slug in ("lead-3", "acme-780m", "acme-70b", "flaky", "tuned-done", "smollm2-135m-instruct"):
        # needs: what is missing on this machine.
        site.keep_json(f"api/system-{slug}", json.dumps(site.read(f"/systems/{slug}") | {"needs": ""}).encode())
    site.keep_json("api/runs", site.api("/runs?limit=100"))
    for run in site.read("/runs?limit=100")["items"]:
        site.keep_json(f"api/run-{run['id']}", site.api(f"/runs/{run['id']}"))
        site.keep_json(f"api/run-{run['id']}-summaries", site.api(f"/runs/{run['id']}/summaries?limit=100"))
    site.keep_json("api/studies", site.api("/studies"))
    site.keep_json("api/studies-of-owner", site.api("/studies", who="owner"))
    for study in STUDIES:
        site.keep_json(f"api/study-{study}", site.api(f"/studies/{study}"))
        site.keep_json(f"api/annotators-{study}", site.api(f"/studies/{study}/annotators"))
    site.keep_json("api/webhooks", site.api("/webhooks"))
    for number, hook in enumerate(site.read("/webhooks")["items"]):
        site.keep_json(f"api/deliveries-{number}", site.api(f"/webhooks/{hook['id']}/deliveries?limit=100"))
    site.keep_json("api/refused-token", site.api("/studies", who="ada"))


def pages(site: FilledSite) -> None:
    """Words of researchers' pages change; their figures and names do not."""
    for study in STUDIES:
        for page in (
            "",
            "settings/",
            "history/",
            "quality/",
            "disagreements/",
            "pairs/",
            "people/",
            "gold/",
            "remarks/",
        ):
            site.keep_page(f"pages/{study}/{page.strip('/') or 'study'}", site.get(f"/studies/{study}/{page}"))
        for name in ("remarks.csv", "people/work.csv", "people/invitations.csv"):
            site.keep(f"pages/{study}/{name.replace('/', '-')}", site.get(f"/studies/{study}/{name}"))
    for number in range(1, 7):
        site.keep_page(f"pages/compared/annotator-{number}", site.get(f"/studies/compared/annotators/{number}/"))
    listed = site.get("/studies/compared/pairs/").decode()
    for address in list(dict.fromkeys(re.findall(r'href="(/studies/compared/pairs/\d+/)', listed)))[::4]:
        site.keep_page(f"pages/compared/pair-{address.split('/')[4]}", site.get(address))
    site.keep("pages/compared/gold-terminal.figures", tidy.figures(command("gold", "compared"), site.names))
    for address in (
        "/studies/",
        "/datasets/",
        "/datasets/sample-meetings/",
        "/datasets/questions/",
        "/runs/",
        "/fine-tuning/",
    ):
        site.keep_page(f"pages/{address.strip('/').replace('/', '-')}", site.get(address))
    for name in ("waiting", "running", "failed", "cancelled", "done"):
        site.keep_page(f"pages/fine-tuning-{name}", site.get(f"/fine-tuning/tuned-{name}/"))
    for kind, numbers in (("documents", (1, 10, 11)), ("runs", (1, 3, 4, 5)), ("summaries", (1, 15, 45, 61))):
        for number in numbers:
            site.keep_page(f"pages/{kind}-{number}", site.get(f"/{kind}/{number}/"))


def annotators(site: FilledSite) -> None:
    """What annotators take away, and whether their links open what they opened, and no more."""
    from django.conf import settings

    for name in ("ada", "rates"):
        browser = site.new_browser()
        link = site.manifest["links"][f"resume:{name}"]
        site.keep_page(f"annotators/resume-{name}", site.get(link, browser))
        site.post(link, {}, browser)
        study = site.manifest["links"]["study:compared" if name == "ada" else "study:adaptive"]
        site.keep_json(f"annotators/data-{name}", site.get(f"/rate/{study}/my-data", browser))
        site.keep_page(f"annotators/rate-{name}", site.get(f"/rate/{study}/", browser))
    erased = site.new_browser()
    erased.cookies[settings.SESSION_COOKIE_NAME] = site.manifest["links"]["session:erased"]
    site.keep_page("annotators/rate-erased", site.get(f"/rate/{site.manifest['links']['study:compared']}/", erased))
    site.keep_page("annotators/resume-erased", site.get(site.manifest["links"]["resume:erased"], site.new_browser()))
    for name in ("compared", "platform"):
        link = site.manifest["links"][f"join:{name}"]
        site.keep_page(f"annotators/join-{name}", site.get(f"{link}?PROLIFIC_PID=5f1e", site.new_browser()))


# ---- the site goes on


def go_on(site: FilledSite) -> None:
    """Votes, undo, exclusion, work of runs and a publication on the migrated database, and what they change."""

    def keep(name: str, content: bytes) -> None:
        site.keep_json(f"goes-on/{name}", tidy.new_identifiers(content))

    pair = rate_a_pair(site, keep)
    keep("ahead", site.api("/rating/ahead", {"after": pair}, who="ada"))
    keep("undone", site.api("/rating/undo", {"client_key": key(9)}, who="ada"))
    site.keep("goes-on/adaptive.json", site.get("/boards/adaptive/board.json"))
    join_and_rate(site)
    exclusion = {"change": "exclude", "reason": "For a try."}
    site.keep_page("goes-on/excluded", site.post("/studies/compared/annotators/6/exclusion", exclusion))
    site.keep("goes-on/compared.json", site.get("/boards/compared/board.json"))
    keep("annotators", site.api("/studies/compared/annotators"))
    keep("published", site.api("/studies/compared/releases/1.1-rc.1/publish", {}))
    keep("retried", site.api("/studies/compared/releases/4.0/retry", {}))
    keep("opened", site.api("/studies/demo/status", {"change": "open"}))
    for run in site.read("/runs?limit=100")["items"]:
        if run["status"] in ("failed", "cancelled", "running"):
            change = {"failed": "retry", "cancelled": "resume", "running": "cancel"}[run["status"]]
            keep(f"run-{run['id']}-{change}", site.api(f"/runs/{run['id']}/{change}", {}))
    keep("again", site.api("/studies/demo/status", {"change": "pause"}))
    site.keep_page("goes-on/history", site.get("/studies/compared/history/"))


def key(number: int) -> str:
    return f"11111111-0000-4000-8000-{number:012}"


def rate_a_pair(site: FilledSite, keep: Callable[[str, bytes], None]) -> str:
    """The pair that was half rated, to its end, and the next one; returns the next one's token."""
    shown = site.read("/rating/next", body={}, who="ada")
    keep("next", json.dumps(shown).encode())
    token = shown["pair"]["token"]
    vote = {"token": token, "criterion": "overall", "choice": "right", "strength": 1, "client_key": key(1)}
    keep("vote", site.api("/rating/votes", vote | {"lead_time_ms": 100, "active_ms": 90}, who="ada"))
    remark = {"token": token, "kind": "comment", "reason": "", "text": "Said later.", "client_key": key(2)}
    keep("remark", site.api("/rating/remarks", remark, who="ada"))
    keep("vote-again", site.api("/rating/votes", vote | {"choice": "tie"}, who="ada"))
    following = site.read("/rating/next", body={}, who="ada")
    keep("following", json.dumps(following).encode())
    token = str(following["pair"]["token"])
    problem = {"token": token, "kind": "problem", "reason": "identity", "text": "", "client_key": key(3)}
    keep("problem", site.api("/rating/remarks", problem, who="ada"))
    return token


def join_and_rate(site: FilledSite) -> None:
    """Somebody who comes back by the platform's link is who they were."""
    browser = site.new_browser()
    study = site.manifest["links"]["study:compared"]
    site.post(f"{site.manifest['links']['join:platform']}?PROLIFIC_PID=5f1e", {}, browser)
    site.keep_page("goes-on/came-back", site.get(f"/rate/{study}/", browser))
    site.keep_json("goes-on/came-back-data", site.get(f"/rate/{study}/my-data", browser))


SECTIONS: tuple[Callable[[FilledSite], None], ...] = (
    *(stored, boards, analyses, charts, exports, releases, resources, pages, annotators),
    go_on,
)


def read_names(site: FilledSite) -> Iterator[str]:
    """Names that figures are about; known as words also where they hold no digit."""
    for study in STUDIES:
        about = site.read(f"/studies/{study}")
        yield from (study, about["dataset"], *about["systems"], *(row["key"] for row in about["criteria"]))
        yield from (row["pseudonym"] for row in site.read(f"/studies/{study}/annotators?limit=100")["items"])
    for name in ("sample-meetings", "questions"):
        yield from (row["id"] for row in site.read(f"/datasets/{name}/documents?limit=100")["items"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("into", type=Path)
    given = parser.parse_args()
    manifest = json.loads(given.manifest.read_text())
    clock = Clock(datetime.fromisoformat(manifest["ended_at"]) + timedelta(hours=1))
    hold(clock, identifiers=counted_identifiers())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    import django

    django.setup()
    simplify_pages()
    site = FilledSite(manifest, given.into)
    site.names = set(read_names(site))
    for section in SECTIONS:
        section(site)
        print(f"{section.__name__}: {len(site.written)} outputs", file=sys.stderr)


if __name__ == "__main__":
    main()
