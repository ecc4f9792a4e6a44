"""The remarks at the head of a study's file: what was planned before the first vote, and what the file cannot hold."""

from collections.abc import Iterator
from datetime import datetime

from annotations.models import ControlItem, Study
from models_runner.models import Dataset
from protocol.file.schema import Protocol
from protocol.study.contents import dataset_content
from protocol.study.records import Standing, standing_of


def remarks_on(study: Study, protocol: Protocol) -> list[str]:
    """Return the lines, which say nothing that is not in the database: the same study has the same."""
    return [
        f"Study {study.slug}, as it stands on its site. docs/protocol.md explains every key.",
        "",
        *standing_lines(standing_of(study, protocol)),
        *_contents(protocol),
        *_not_here(study, protocol),
    ]


def standing_lines(standing: Standing) -> list[str]:
    """Say whether the planned analysis is from before the first vote."""
    lines = [f"Planned analysis (criteria and analysis): {standing.plan_sha256}"]
    voted = f"the first vote, {shown(standing.first_vote_at)}" if standing.first_vote_at else ""
    if standing.recorded_at is None:
        lines.append(f"It is not on record in these words{'' if voted else '; there is no vote yet'}.")
        if voted:
            lines += _without_record(standing, voted)
    elif not voted:
        lines.append(f"It is on record since {shown(standing.recorded_at)}; there is no vote yet.")
    else:
        when = "before" if standing.is_before_votes else "after"
        lines.append(f"It is on record since {shown(standing.recorded_at)}, {when} {voted}.")
    if standing.changed:
        lines.append(f"Changed after the first vote: {', '.join(standing.changed)}.")
    return lines


def _without_record(standing: Standing, voted: str) -> Iterator[str]:
    yield f"Margin and criteria are fixed when a study is made, which was before {voted}."
    if standing.pair_named_at is not None and standing.first_vote_at is not None:
        when = "before" if standing.pair_named_at <= standing.first_vote_at else "after"
        yield f"The systems in question were named {when} it, {shown(standing.pair_named_at)}."


def _contents(protocol: Protocol) -> Iterator[str]:
    for name, part in protocol.datasets.items():
        dataset = Dataset.objects.filter(name=name).first()
        if dataset is not None and not part.content:
            content = dataset_content(dataset)
            yield f"Dataset {name}: {content.documents} documents, content {content.digest}."
        if not any(source.path for source in part.sources):
            yield f"Where the files of {name} lay is not known here; its content says what they must hold."


def _not_here(study: Study, protocol: Protocol) -> Iterator[str]:
    if items := ControlItem.objects.filter(comparison__study=study).count():
        pairs = "pair" if items == 1 else "pairs"
        yield f"Not in this file: {items} gold or training {pairs}, chosen by people on the site."
    if protocol.summaries and not all(part.path for part in protocol.summaries):
        yield "Where the summaries from elsewhere lay is not known here; their content says what they must be."
    if study.simulated:
        yield "The votes of this study are simulated: a program drew them."


def shown(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "—"
