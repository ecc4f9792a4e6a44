"""README.md: the dataset card, with the header that datasets.load_dataset reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from annotations.models import Study
from leaderboards.models.releases import Release
from leaderboards.releases.tables import TABLES

# As the Hugging Face hub names them; any other licence is "other" with its name beside.
HUB_LICENCES = {
    "apache-2.0", "bsd-3-clause", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "mit", "odbl", "odc-by", "pddl",
}  # fmt: skip
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"


@dataclass(frozen=True)
class Facts:
    """What the card tells. left_out: votes by reason. withheld: documents whose text may not leave."""

    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    languages: list[str]
    licences: list[str]
    withheld: int
    board: Mapping[str, Any]
    agreement: Mapping[str, Mapping[str, Any]]


def card(release: Release, facts: Facts) -> str:
    header = yaml.safe_dump(_header(release, facts), sort_keys=False, allow_unicode=True)
    sections = (
        f"# {release.name}",
        _about(release, facts),
        _contents(facts),
        _collection(release.study, facts),
        _agreement(facts),
        _board(facts),
        _terms(release, facts),
        _limits(release.study, facts),
    )
    return f"---\n{header}---\n\n" + "\n\n".join(sections) + "\n"


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


def _about(release: Release, facts: Facts) -> str:
    counts = facts.counts
    first = (
        f"Version {release.version}, made {release.created_at:%Y-%m-%d}. {counts['votes']:,} votes of "
        f"{counts['annotators']:,} judges on {counts['comparisons']:,} pairs of summaries, written by "
        f"{counts['systems']:,} systems of {counts['documents']:,} meetings."
    )
    return f"{first}\n\n{release.description}" if release.description else first


def _contents(facts: Facts) -> str:
    rows = [
        f"| `{name}` | {facts.counts[name]:,} | {table.about} |"
        for name, table in TABLES.items()
        if name in facts.counts
    ]
    return "\n".join(
        [
            "## Contents",
            "",
            "Each table is there twice, as `data/NAME.parquet` and as `data/NAME.jsonl`:",
            "",
            "| table | rows | a row is |",
            "|---|---|---|",
            *rows,
            "",
            "```python",
            "from datasets import load_dataset",
            "",
            'votes = load_dataset("FOLDER", "votes", split="train")',
            "```",
            "",
            "`study.json` has the study's settings, questions, guidelines and the words of the instructions; "
            "`board.json` the ratings; `croissant.json` describes the tables for programs. "
            "`python reproduce.py` (numpy is all it needs) computes the board from the files and compares it with "
            "`board.json`. `sha256sum -c CHECKSUMS` tells whether the files are whole. `votes.jsonl` can be imported "
            "into a copy of the study as it is.",
        ]
    )


def _collection(study: Study, facts: Facts) -> str:
    questions = [f"- `{one.key}`: {one.question}" for one in study.criteria.all()]
    extra = [
        words for words, allowed in (("equally good", study.allow_tie), ("both bad", study.allow_both_bad)) if allowed
    ]
    answers = " or ".join(["left", "right", *extra])
    order = "those whose systems were least certain first" if study.sampling == "adaptive" else "all pairs alike"
    left_out = [f"- {n:,} {reason}" for reason, n in sorted(facts.left_out.items())]
    return "\n".join(
        [
            "## How the votes were given",
            "",
            "People read a meeting and two summaries of it side by side, without knowing what wrote them. The sides "
            "were drawn and balanced; `shown_left` says which summary stood left, and `model_a` and `model_b` do not "
            f"depend on it. They answered {answers} to each question:",
            "",
            *questions,
            "",
            f"{study.quota} people were asked for each pair; of the pairs of a meeting, {order}. The instruction to "
            f"the systems was *{study.instruction}*. Nobody saw results while they had pairs left to rate.",
            *(["", "Votes that are not in this release:", "", *left_out] if left_out else []),
        ]
    )


def _agreement(facts: Facts) -> str:
    lines = [
        "## Agreement",
        "",
        "Krippendorff's alpha (nominal) with a 95 % interval of a bootstrap over documents:",
        "",
    ]
    for key, found in facts.agreement.items():
        if found["alpha"] is None:
            lines.append(f"- `{key}`: — ({found['reason']})")
        elif found["lower"] is None:
            lines.append(f"- `{key}`: {found['alpha']:.3f} (no interval: {found['interval_reason']})")
        else:
            lines.append(f"- `{key}`: {found['alpha']:.3f} [{found['lower']:.3f}, {found['upper']:.3f}]")
    return "\n".join(lines)


def _board(facts: Facts) -> str:
    lines = ["## Board"]
    for key, board in facts.board["criteria"].items():
        lines += ["", f"`{key}`, {board['votes']:,} votes:", "", *_ratings(board)]
        if weighted := board["by_chance"]:
            lines += ["", *_weighing(key, weighted), "", *_ratings(weighted)]
        lines += ["", f"{board['method']}."]
    return "\n".join(lines)


def _weighing(key: str, board: Mapping[str, Any]) -> list[str]:
    worth = f", and all together are worth {board['effective_votes']:,.0f} votes of one weight"
    return [
        f"`{key}`, each vote weighed by 1 / (`sampling_prob` × `sampling_from`), mean 1, as if all pairs had been "
        f"drawn alike. {board['drawn']:,} votes were drawn{worth}; the others weigh 1:"
    ]


def _ratings(board: Mapping[str, Any]) -> list[str]:
    lines = ["| system | rating | 95 % interval | votes |", "|---|---|---|---|"]
    for line in board["systems"]:
        interval = "—" if line["rating_lower"] is None else f"{line['rating_lower']:.0f} to {line['rating_upper']:.0f}"
        rating = "—" if line["rating"] is None else f"{line['rating']:.0f}"
        lines.append(f"| {line['system']} | {rating} | {interval} | {line['votes']:,.0f} |")
    lines += ["", *(f"- {line['system']}: {line['reason']}" for line in board["systems"] if line["reason"])]
    return lines + [f"- {warning}" for warning in board["warnings"]]


def _terms(release: Release, facts: Facts) -> str:
    texts = ", ".join(facts.licences) or "none stated"
    lines = [
        "## Licences and privacy",
        "",
        f"The votes are under {release.licence}. The transcripts and references have licences of their own, in "
        f"`documents` (here: {texts}); what a system wrote may fall under the terms of its model (`systems.licence`).",
    ]
    if facts.withheld:
        lines += [
            "",
            f"The texts of {facts.withheld:,} of {facts.counts['documents']:,} documents may not be passed on. Their "
            "transcripts, titles, references and queries, and the summaries made of them, are not in this release; "
            "SHA-256 hashes stand in their place, so that who has the texts can match them.",
        ]
    lines += [
        "",
        "`judge` is a pseudonym made for this release; nothing in it leads to a person. "
        + ("Comments were read before they were released." if "comments" in facts.counts else "Comments are left out."),
    ]
    return "\n".join(lines)


def _limits(study: Study, facts: Facts) -> str:
    lines = [
        "## Limits",
        "",
        "- Ratings say how these systems did on these meetings with these judges; they compare only systems listed.",
        "- A preference is no check of facts: judges had the transcript at hand, but nobody made them read all of it.",
        "- Votes with `void_reason` *names_a_model* are on summaries that name a model or maker: blindness may have "
        "suffered. The board counts them.",
    ]
    if study.sampling == "adaptive":
        lines.append(
            "- Pairs were drawn adaptively: `sampling_prob` is the chance of each draw. The first board of a question "
            "counts votes alike; where chances are known, a second one weighs them."
        )
    if facts.counts["votes"] < 1_000:
        lines.append(f"- {facts.counts['votes']:,} votes are few; look at the intervals, not at the ratings alone.")
    return "\n".join(lines)
