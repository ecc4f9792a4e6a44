"""Write README.md, the dataset card of a release, with the header that datasets.load_dataset reads.

Its text is the template leaderboards/release_card.md; here are the values that the template shows, as text already.
The template prints them as they are: the card is Markdown, so escaping for HTML would change names and questions,
and the site's release page makes the card harmless when it shows it. The header is YAML, which PyYAML quotes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.template.loader import render_to_string

from annotations.rating.sampling import has_question
from leaderboards.models.releases import Release
from leaderboards.releases.tables import TABLES

# As the Hugging Face hub names them; any other licence is "other" with its name beside.
HUB_LICENCES = {
    "apache-2.0", "bsd-3-clause", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "mit", "odbl", "odc-by", "pddl",
}  # fmt: skip
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"
# Below this a card says that the votes are few.
ENOUGH_VOTES = 1_000
UNDEFINED = "—"


@dataclass(frozen=True)
class Facts:
    """What the card tells beside the release's own fields.

    Attributes:
        counts: Rows by table.
        left_out: Votes that are not in the release, by reason.
        languages: Of the documents.
        licences: Of the documents' texts.
        withheld: Documents whose text may not leave.
        board: What goes into board.json.
        agreement: Krippendorff's alpha with its interval, by question.
        flagged: How many judges a check of the quality page flags.
    """

    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    languages: list[str]
    licences: list[str]
    withheld: int
    board: Mapping[str, Any]
    agreement: Mapping[str, Mapping[str, Any]]
    flagged: int = 0


def card(release: Release, facts: Facts) -> str:
    """Return the whole card as Markdown."""
    return render_to_string("leaderboards/release_card.md", _context(release, facts))


def _context(release: Release, facts: Facts) -> dict[str, Any]:
    """Return what the template shows. Numbers are text here, so that no language of a reader changes their form."""
    counts = facts.counts
    return {
        "header": yaml.safe_dump(_header(release, facts), sort_keys=False, allow_unicode=True),
        "release": release,
        "study": release.study,
        "made_on": f"{release.created_at:%Y-%m-%d}",
        "counts": {name: f"{rows:,}" for name, rows in counts.items()},
        "tables": [
            {"name": name, "rows": f"{counts[name]:,}", "about": table.about}
            for name, table in TABLES.items()
            if name in counts
        ],
        "is_adaptive": release.study.sampling == "adaptive",
        "is_directed": release.study.sampling == "directed",
        "asks_first": has_question(release.study),
        "left_out": [(reason, f"{votes:,}") for reason, votes in sorted(facts.left_out.items())],
        "agreement": [(key, _alpha(estimate)) for key, estimate in facts.agreement.items()],
        "questions": [_question(key, board) for key, board in facts.board["criteria"].items()],
        "text_licences": ", ".join(facts.licences) or "none stated",
        "withheld": f"{facts.withheld:,}" if facts.withheld else "",
        "flagged": facts.flagged,
        "has_few_votes": counts["votes"] < ENOUGH_VOTES,
    }


def _header(release: Release, facts: Facts) -> dict[str, Any]:
    name = release.licence.lower()
    licence = {"license": name} if name in HUB_LICENCES else {"license": "other", "license_name": release.licence}
    votes = facts.counts["votes"]
    configs: list[dict[str, Any]] = [
        {"config_name": table, "data_files": [{"split": "train", "path": f"data/{table}.parquet"}]}
        for table, rows in facts.counts.items()
        if rows
    ]
    if configs:
        configs[0]["default"] = True
    return {
        "pretty_name": f"{release.name}, version {release.version}",
        "language": facts.languages,
        **licence,
        "task_categories": ["summarization"],
        "size_categories": [next((words for limit, words in SIZES if votes < limit), LARGEST)],
        "tags": ["human-feedback", "pairwise-comparison", "meeting-summarization", "croissant"],
        "configs": configs,
    }


def _alpha(estimate: Mapping[str, Any]) -> str:
    if estimate["alpha"] is None:
        return f"{UNDEFINED} ({estimate['reason']})"
    if estimate["lower"] is None:
        return f"{estimate['alpha']:.3f} (no interval: {estimate['interval_reason']})"
    return f"{estimate['alpha']:.3f} [{estimate['lower']:.3f}, {estimate['upper']:.3f}]"


def _question(key: str, board: Mapping[str, Any]) -> dict[str, Any]:
    """Return the board of a question, and below it the one with weights where chances of draws are known."""
    boards = [{"is_weighted": False, **_board(board)}]
    if weighted := board["by_chance"]:
        drawn, effective = f"{weighted['drawn']:,}", f"{weighted['effective_votes']:,.0f}"
        boards.append({"is_weighted": True, "drawn": drawn, "effective_votes": effective, **_board(weighted)})
    return {"key": key, "boards": boards, "method": board["method"]}


def _board(board: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lines of a board, and the remarks below them: why a figure is undefined, and warnings."""
    lines = [_in_numbers(line) for line in board["systems"]]
    reasons = [f"{line['system']}: {line['reason']}" for line in lines if line["reason"]]
    return {
        "votes": f"{board['votes']:,}",
        "lines": [_line(line) for line in lines],
        "remarks": [*reasons, *board["warnings"]],
    }


def _in_numbers(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a rating from a line that too few votes stand behind; board.json keeps it."""
    if not line.get("too_few") or not line["votes"]:
        return line
    return {**line, "rating": None, "rating_lower": None, "rating_upper": None, "reason": line["too_few"]}


def _line(line: Mapping[str, Any]) -> dict[str, str]:
    rating, lower, upper = line["rating"], line["rating_lower"], line["rating_upper"]
    return {
        "system": line["system"],
        "rating": UNDEFINED if rating is None else f"{rating:.0f}",
        "interval": UNDEFINED if lower is None else f"{lower:.0f} to {upper:.0f}",
        "votes": f"{line['votes']:,.0f}",
    }
