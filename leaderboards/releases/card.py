"""Write the dataset card of a release: README.md, and one more for each other language of the site.

README.md is English, and begins with the header that datasets.load_dataset reads. All cards are made from one template,
leaderboards/release_card.md; here are the values that it shows, as text already. It prints them as they are: the card
is Markdown, so escaping for HTML would change names and questions, and the site's release page makes the card harmless
when it shows it. The header is YAML, which PyYAML quotes. Another language's card is the same text translated line by
line; names and what people wrote stay.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from annotations.rating.sampling import has_question
from annotations.studies.criteria import in_readers_language, is_of_library
from leaderboards.models.releases import Release
from leaderboards.releases.tables import TABLES
from lib.text.translated import VERBATIM, translated_markdown, verbatim

TEMPLATE = "leaderboards/release_card.md"

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


def card_name(language: str) -> str:
    """Return the file that holds the card in a language of the site, such as README.zh-hans.md."""
    return "README.md" if language == settings.LANGUAGE_CODE else f"README.{language}.md"


def cards(release: Release, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield name and text of the card's file in each language of the site."""
    yield card_name(settings.LANGUAGE_CODE), card(release, facts)
    for other in _cards_but(settings.LANGUAGE_CODE):
        yield other["file"], translated_card(release, facts, other["code"])


def card(release: Release, facts: Facts) -> str:
    """Return the whole English card as Markdown."""
    header = yaml.safe_dump(_header(release, facts), sort_keys=False, allow_unicode=True)
    context = _context(release, facts, str)
    return render_to_string(TEMPLATE, context | {"header": header, "others": _cards_but(settings.LANGUAGE_CODE)})


def translated_card(release: Release, facts: Facts, language: str) -> str:
    """Return the card in another language; programs read README.md, so there is no header."""
    with translation.override(language):
        context = _context(release, facts, verbatim)
        english = render_to_string(TEMPLATE, context | {"others": _cards_but(language)})
        return f"{translated_markdown(english)}\n".replace(VERBATIM, "")


def _cards_but(language: str) -> list[dict[str, str]]:
    """Return language and file of each card but this language's."""
    return [
        {"code": code, "language": name, "file": card_name(code)}
        for code, name in settings.LANGUAGES
        if code != language
    ]


def _context(release: Release, facts: Facts, as_written: Callable[[str], str]) -> dict[str, Any]:
    """Return what the template shows. Numbers are text here, so that no language of a reader changes their form.

    as_written: Passes on what somebody wrote or named, so that a translation leaves it.
    """
    counts, study = facts.counts, release.study
    return {
        "release": {
            "name": as_written(release.name),
            "version": as_written(release.version),
            "licence": as_written(release.licence),
            "description": _lines_as_written(release.description, as_written),
        },
        "study": study,
        "made_on": f"{release.created_at:%Y-%m-%d}",
        "counts": {name: f"{rows:,}" for name, rows in counts.items()},
        "tables": [
            {"name": name, "rows": f"{counts[name]:,}", "about": table.about}
            for name, table in TABLES.items()
            if name in counts
        ],
        "criteria": [
            {"key": as_written(criterion.key), "question": _asked(criterion.question, as_written)}
            for criterion in study.criteria.all()
        ],
        "is_adaptive": study.sampling == "adaptive",
        "is_directed": study.sampling == "directed",
        "asks_first": has_question(study),
        "left_out": [(reason, f"{votes:,}") for reason, votes in sorted(facts.left_out.items())],
        "agreement": [(as_written(key), _alpha(estimate)) for key, estimate in facts.agreement.items()],
        "questions": [_question(key, board, as_written) for key, board in facts.board["criteria"].items()],
        "text_licences": ", ".join(map(as_written, facts.licences)) or "none stated",
        "withheld": f"{facts.withheld:,}" if facts.withheld else "",
        "flagged": facts.flagged,
        "has_few_votes": counts["votes"] < ENOUGH_VOTES,
    }


def _lines_as_written(text: str, as_written: Callable[[str], str]) -> str:
    """Pass on each line by itself: cards are translated line by line. English keeps line breaks as they were typed."""
    return text if as_written is str else "\n".join(as_written(line) for line in text.splitlines())


def _asked(question: str, as_written: Callable[[str], str]) -> str:
    """Return the question as who reads the card's language was asked it."""
    is_english = as_written is str or not is_of_library(question)
    return _lines_as_written(question if is_english else in_readers_language(question), as_written)


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


def _question(key: str, board: Mapping[str, Any], as_written: Callable[[str], str]) -> dict[str, Any]:
    """Return the board of a question, and below it the one with weights where chances of draws are known."""
    boards = [{"is_weighted": False, **_board(board, as_written)}]
    if weighted := board["by_chance"]:
        drawn, effective = f"{weighted['drawn']:,}", f"{weighted['effective_votes']:,.0f}"
        boards.append(
            {"is_weighted": True, "drawn": drawn, "effective_votes": effective, **_board(weighted, as_written)}
        )
    return {"key": as_written(key), "boards": boards, "method": board["method"]}


def _board(board: Mapping[str, Any], as_written: Callable[[str], str]) -> dict[str, Any]:
    """Return the lines of a board, and the remarks below them: why a figure is undefined, and warnings."""
    lines = [{**_in_numbers(line), "system": as_written(line["system"])} for line in board["systems"]]
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
