"""Operations of a researcher: upload, run, wait, create a study, read boards and votes."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from punchweight_client.files import whole_file
from punchweight_client.http import Connection, Json
from punchweight_client.rating import Rater

if TYPE_CHECKING:
    import pandas

ENDED = ("done", "failed", "cancelled")
WRITTEN = ("done", "failed")
LINE_ENDS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Client:
    """Calls a site with a token of its page Tokens. Refusals are raised as ApiError, with the site's own words."""

    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        self.url = url
        self.connection = Connection(url, token, timeout=timeout)

    # ---- datasets and systems

    def datasets(self) -> Iterator[Json]:
        return self.connection.items("/datasets")

    def documents(self, dataset: str, *, split: str = "") -> Iterator[Json]:
        return self.connection.items(f"/datasets/{dataset}/documents", split=split)

    def upload_documents(
        self,
        dataset: str,
        records: Iterable[Mapping[str, Any]],
        *,
        split: str = "",
        language: str = "",
        licence: str = "",
        redistributable: bool | None = None,
    ) -> Json:
        """Add documents; the dataset is created if it is new, and repeats add nothing.

        split, language, licence, redistributable: Of records that do not say. language "": found from the text of each.
        """
        about = {"split": split, "language": language, "licence": licence, "redistributable": redistributable}
        return self.connection.upload(f"/datasets/{dataset}/documents", records, **about)

    def export_documents(self, dataset: str) -> Iterator[Json]:
        """Yield records that upload_documents takes."""
        return self.connection.lines(f"/datasets/{dataset}/export")

    def upload_summaries(
        self, dataset: str, rows: Iterable[Mapping[str, Any]], *, system: str = "", instruction: str = "medium"
    ) -> list[Json]:
        """Add summaries made elsewhere: document_id, summary and system on each row."""
        path = f"/datasets/{dataset}/summaries"
        return self.connection.upload(path, rows, system=system, instruction=instruction)

    def export_summaries(self, dataset: str, *, system: str = "", instruction: str = "medium") -> Iterator[Json]:
        """Yield rows that upload_summaries takes."""
        return self.connection.lines(f"/datasets/{dataset}/summaries", system=system, instruction=instruction)

    def systems(self, *, regime: str = "", ready: bool | None = None) -> Iterator[Json]:
        state = {None: "", True: "ready", False: "needs"}[ready]
        return self.connection.items("/systems", regime=regime, state=state)

    def add_system(self, **record: object) -> Json:
        return self.connection.post("/systems", record)

    # ---- runs

    def start_run(self, system: str, dataset: str, **settings: object) -> Json:
        """settings: split, instruction, limit, force."""
        return self.connection.post("/runs", {"system": system, "dataset": dataset} | settings)

    def run(self, run: int) -> Json:
        return self.connection.get(f"/runs/{run}")

    def cancel_run(self, run: int) -> Json:
        return self.connection.post(f"/runs/{run}/cancel")

    def resume_run(self, run: int) -> Json:
        return self.connection.post(f"/runs/{run}/resume")

    def wait_for_runs(self, runs: Sequence[int], *, every: float = 2.0, at_most: float = 24 * 3600) -> list[Json]:
        """Return the runs once all have ended, well or not: see status and status_reason. Raises TimeoutError."""
        end = time.monotonic() + at_most
        while True:
            answers = [self.run(run) for run in runs]
            unfinished = sum(answer["status"] not in ENDED for answer in answers)
            if not unfinished:
                return answers
            if time.monotonic() > end:
                raise TimeoutError(f"After {at_most:g} s {unfinished} runs have not ended.")
            time.sleep(every)

    def summaries(self, run: int, *, status: str = "") -> Iterator[Json]:
        return self.connection.items(f"/runs/{run}/summaries", status=status)

    # ---- releases

    def releases(self, study: str) -> Iterator[Json]:
        return self.connection.items(f"/studies/{study}/releases")

    def release(self, study: str, version: str) -> Json:
        return self.connection.get(f"/studies/{study}/releases/{version}")

    def create_release(self, study: str, *, licence: str, **settings: object) -> Json:
        """Create a draft, whose files a worker writes.

        licence: of the votes. settings: name, version, description, include_comments, include_excluded.
        """
        return self.connection.post(f"/studies/{study}/releases", {"licence": licence} | settings)

    def wait_for_release(self, study: str, version: str, *, every: float = 2.0, at_most: float = 3600) -> Json:
        """Return the release once its files are written or failed: see state and reason. Raises TimeoutError."""
        end = time.monotonic() + at_most
        while (release := self.release(study, version))["state"] not in WRITTEN:
            if time.monotonic() > end:
                raise TimeoutError(f"After {at_most:g} s the files of {study} {version} are {release['state']}.")
            time.sleep(every)
        return release

    def retry_release(self, study: str, version: str) -> Json:
        """Write the files again after they failed."""
        return self.connection.post(f"/studies/{study}/releases/{version}/retry")

    def publish_release(self, study: str, version: str) -> Json:
        """Publish a draft; this is final. Owners of the study, leads and administrators may."""
        return self.connection.post(f"/studies/{study}/releases/{version}/publish")

    def download_release(self, study: str, version: str, path: Path) -> None:
        """Download the zip file of a published release. A broken connection leaves no partial file."""
        with whole_file(path) as file:
            for part in self.connection.parts(f"/studies/{study}/releases/{version}/zip"):
                file.write(part)

    # ---- studies and results

    def studies(self, *, status: str = "", dataset: str = "") -> Iterator[Json]:
        return self.connection.items("/studies", status=status, dataset=dataset)

    def study(self, study: str) -> Json:
        return self.connection.get(f"/studies/{study}")

    def create_study(self, study: str, dataset: str, systems: Sequence[str], **settings: object) -> Json:
        """settings: those of POST /studies, such as criteria, quota, draft."""
        body = {"slug": study, "dataset": dataset, "systems": list(systems)} | settings
        return self.connection.post("/studies", body)

    def change_study(self, study: str, change: str) -> Json:
        """change: open, pause or close."""
        return self.connection.post(f"/studies/{study}/status", {"change": change})

    def add_rater(self, study: str, external_id: str) -> Rater:
        """Add a person of your own front end, by your name for them. Needs the scope admin."""
        annotator = self.connection.post(f"/studies/{study}/annotators", {"external_id": external_id}, keyed=False)
        return Rater(self.url, annotator["token"], timeout=self.connection.timeout)

    def board(self, study: str, criterion: str = "overall", *, flagged: bool = True) -> Json:
        """Read a board. flagged: count votes on summaries that name their model, too."""
        return self.connection.get(f"/studies/{study}/boards/{criterion}", flagged="" if flagged else "out")

    def board_frame(self, study: str, criterion: str = "overall", *, flagged: bool = True) -> "pandas.DataFrame":
        """Return a row for each system, best first; undefined is NaN, and `reasons` says why. Needs pandas."""
        import pandas

        rows = self.board(study, criterion, flagged=flagged)["systems"]
        return pandas.DataFrame.from_records(rows, index="system") if rows else pandas.DataFrame()

    def looks(self, study: str) -> list[Json]:
        """Return a row for each planned look: the plan, and what it found once it was taken."""
        rows: list[Json] = self.connection.get(f"/studies/{study}/looks")
        return rows

    def votes(self, study: str, *, criterion: str = "") -> Iterator[Json]:
        return self.connection.lines(f"/studies/{study}/votes", criterion=criterion)

    def export_votes(self, study: str, path: Path, *, criterion: str = "") -> int:
        """Write the votes as JSON Lines; returns how many. A broken connection leaves no partial file."""
        count = 0
        with whole_file(path) as file:
            for vote in self.votes(study, criterion=criterion):
                file.write(_one_line(vote).encode() + b"\n")
                count += 1
        return count

    def upload_votes(self, study: str, votes: Iterable[Mapping[str, Any]]) -> Json:
        """Add votes given elsewhere, with the fields of an export."""
        return self.connection.upload(f"/studies/{study}/votes", votes)


def _one_line(row: Json) -> str:
    """Return a row as JSON in which nothing but its end ends a line, to any reader."""
    text = json.dumps(row, ensure_ascii=False)
    for character, escape in LINE_ENDS.items():
        text = text.replace(character, escape)
    return text
