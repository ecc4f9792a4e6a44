"""Read the tables of a release row by row. A hash replaces a text that may not be redistributed."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import Comparison, Judgement, Remark, Study, included
from annotations.quality.flagged import Flags, flagged_annotators
from annotations.quality.repeats import answered_twice
from judges.exports.rows import verdict_rows
from judges.models import Verdict
from leaderboards.exports.rows import WINNERS, ExportVote, Row, Selection, as_row, flagged_summaries, read_export_votes
from leaderboards.releases.tables import TABLES
from lib.names import name_hash
from marks.exports.rows import mark_rows
from marks.models import Mark
from models_runner.datasets.queries import query_number
from models_runner.models import Document, Query, Reference, Score, Summary, System, Transcript
from models_runner.systems.fingerprint import released_model_id

DOCUMENTS_AT_ONCE = 50
_COMPARISON = "assignment__comparison_id"


def sha256(text: str) -> str:
    """Return the SHA-256 of a text as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Contents:
    """What goes into a release of a study, read from the database on demand."""

    def __init__(self, study: Study, *, include_excluded: bool = False, include_comments: bool = False) -> None:
        self.study = study
        self.selection = Selection(include_flagged=True, include_excluded=include_excluded)
        self.include_comments = include_comments

    # ---- what is withheld, and whose name is what

    @cached_property
    def withheld(self) -> frozenset[int]:
        """Documents whose text, and anything made of it, may not be redistributed."""
        return frozenset(self.documents().filter(redistributable=False).values_list("pk", flat=True))

    @cached_property
    def judges(self) -> dict[str, str]:
        """Names in the release by pseudonym, in the same order, so that the bootstrap draws the same people.

        Pseudonyms stay here: those that came with an imported file may be real names.
        """
        names = sorted(self.study.annotators.values_list("pseudonym", flat=True))
        return {name: f"judge-{n:0{len(str(len(names)))}d}" for n, name in enumerate(names, start=1)}

    @cached_property
    def flags(self) -> Flags:
        """Why a check of the quality page flags an annotator, by primary key."""
        return flagged_annotators(self.study)

    def query_name(self, document: int, text: str | None) -> str | None:
        """Return a query's text, or its hash; the same in every table."""
        return name_hash(text) if text and document in self.withheld else text

    def text(self, document: int, text: str) -> str | None:
        """Return a text about a document, None where it is withheld."""
        return None if document in self.withheld else text

    # ---- which rows

    def summaries(self) -> QuerySet[Summary]:
        """Summaries of the study's systems, and all that were compared."""
        study = self.study
        pairs = Comparison.objects.filter(study=study).for_rating()
        compared = Exists(pairs.filter(summary_a=OuterRef("pk"))) | Exists(pairs.filter(summary_b=OuterRef("pk")))
        of_systems = Q(
            run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction
        )
        return Summary.objects.done().filter(of_systems | Q(compared)).order_by("pk")

    def documents(self) -> QuerySet[Document]:
        """Documents that have one of the summaries."""
        return self.study.dataset.documents.filter(pk__in=self.summaries().order_by().values("document"))

    @cached_property
    def current(self) -> frozenset[int]:
        """The newest run's summary of each system, document and query: the board's metrics are means over these."""
        rows = self.summaries().filter(
            run__system__in=self.study.systems.all(), run__instruction=self.study.instruction
        )
        ordered = rows.order_by("run__created_at", "run_id", "pk")
        newest = {tuple(unit): pk for pk, *unit in ordered.values_list("pk", "run__system", "document", "query")}
        return frozenset(newest.values())

    @cached_property
    def newest_signatures(self) -> frozenset[tuple[int, str]]:
        """The newest signature of each metric for each language, as (signature, language)."""
        rows = Score.objects.filter(summary__in=self.summaries().order_by()).order_by()
        signatures = rows.values_list(
            "signature__metric", "summary__document__language", "signature__created_at", "signature_id"
        ).distinct()
        newest = {(metric, language): (pk, language) for metric, language, _, pk in sorted(signatures)}
        return frozenset(newest.values())

    # ---- tables

    def votes(self) -> Iterator[tuple[ExportVote, Row]]:
        """Yield each vote with its row."""
        flagged = flagged_summaries(self.study)
        for vote in read_export_votes(self.study, self.selection):
            row = as_row(vote, flagged)
            row["judge"] = self.judges[vote.judge]
            row["query"] = self.query_name(vote.document, vote.query)
            yield vote, row

    def comparison_rows(self) -> Iterator[Row]:
        rows = self.study.comparisons.for_rating().order_by("pk")
        values = rows.values_list(
            "pk",
            "document__external_id",
            "document_id",
            "query__text",
            "query__position",
            "summary_a_id",
            "summary_b_id",
            "summary_a__run__system__slug",
            "summary_b__run__system__slug",
        )
        for pk, document, document_pk, query, position, a, b, model_a, model_b in values.iterator(5_000):
            yield {
                "comparison_id": pk,
                "document_id": document,
                "query": self.query_name(document_pk, query),
                "query_number": None if position is None else query_number(position),
                "summary_a": a,
                "summary_b": b,
                "model_a": model_a,
                "model_b": model_b,
            }

    def summary_rows(self) -> Iterator[Row]:
        for s in self.summaries().select_related("document", "query", "run__system").iterator(500):
            yield {
                "summary_id": s.pk,
                "document_id": s.document.external_id,
                "query": self.query_name(s.document_id, s.query.text if s.query else None),
                "query_number": query_number(s.query.position) if s.query else None,
                "system": s.run.system.slug,
                "instruction": s.run.instruction,
                "instruction_version": s.run.instruction_version,
                "current": s.pk in self.current,
                "text": self.text(s.document_id, s.text),
                "text_sha256": sha256(s.text),
                "stop_reason": s.stop_reason,
                "prompt_tokens": s.prompt_tokens,
                "output_tokens": s.output_tokens,
                "dropped_tokens": s.dropped_tokens,
                "seconds": s.seconds,
                "trained_on_document": s.leaked,
            }

    def document_rows(self) -> Iterator[Row]:
        queries: dict[int, list[str]] = {}
        for document_id, text in Query.objects.filter(document__in=self.documents()).values_list("document", "text"):
            queries.setdefault(document_id, []).append(text)
        rows = self.documents().select_related("transcript").order_by("position")
        for d in rows.iterator(DOCUMENTS_AT_ONCE):
            open_text = d.redistributable
            yield {
                "document_id": d.external_id,
                "title": d.title if open_text else None,
                "split": d.split,
                "language": d.language,
                "licence": d.licence,
                "redistributable": d.redistributable,
                "words": d.word_count,
                "turns": self._turns(d) if open_text else None,
                "queries": [self.query_name(d.pk, text) for text in queries.get(d.pk, [])],
                "text_sha256": sha256(d.transcript.text),
            }

    @cached_property
    def has_times(self) -> bool:
        """Whether a transcript that is passed on has times; every turn then has a start, null where it is not known."""
        texts = Transcript.objects.filter(document__in=self.documents().filter(redistributable=True)).only("turns")
        return any("start" in turn for text in texts.iterator(DOCUMENTS_AT_ONCE) for turn in text.turns)

    def _turns(self, document: Document) -> list[dict[str, Any]]:
        turns = document.transcript.turns
        return [{"start": None} | turn for turn in turns] if self.has_times else turns

    def reference_rows(self) -> Iterator[Row]:
        rows = Reference.objects.filter(document__in=self.documents()).select_related("document", "query")
        for r in rows.order_by("document__position", "query__position", "instruction", "position").iterator(500):
            yield {
                "document_id": r.document.external_id,
                "query": self.query_name(r.document_id, r.query.text if r.query else None),
                "query_number": query_number(r.query.position) if r.query else None,
                "instruction": r.instruction or None,
                "position": r.position,
                "text": self.text(r.document_id, r.text),
                "text_sha256": sha256(r.text),
            }

    def score_rows(self) -> Iterator[Row]:
        rows = Score.objects.filter(summary__in=self.summaries().order_by()).order_by("pk")
        values = rows.values_list(
            "summary_id",
            "summary__document__external_id",
            "summary__document__language",
            "summary__run__system__slug",
            "signature__metric",
            "signature__text",
            "signature_id",
            "name",
            "value",
            "reason",
        )
        for summary, document, language, system, metric, signature, pk, name, value, reason in values.iterator(5_000):
            yield {
                "summary_id": summary,
                "document_id": document,
                "system": system,
                "metric": metric,
                "name": name,
                "value": value,
                "reason": reason or None,
                "signature": signature,
                "current": summary in self.current and (pk, language) in self.newest_signatures,
            }

    def system_rows(self) -> Iterator[Row]:
        on_board = set(self.study.systems.values_list("pk", flat=True))
        compared = set(self.summaries().order_by().values_list("run__system", flat=True).distinct())
        for s in System.objects.filter(pk__in=on_board | compared).select_related("base").order_by("slug"):
            yield {
                "system": s.slug,
                "name": s.name,
                "on_board": s.pk in on_board,
                "regime": s.regime,
                "size_class": s.size_class or None,
                "parameters": s.parameters,
                "adapter": s.adapter,
                "model_id": released_model_id(s),
                "revision": s.revision,
                "context_window": s.context_window,
                "prompt_template": s.prompt_template,
                "decoding": _as_json(s.decoding),
                "long_input": _as_json(s.long_input),
                "base": s.base.slug if s.base else None,
                "licence": s.licence,
            }

    def annotator_rows(self) -> Iterator[Row]:
        people = self.study.annotators.order_by("pseudonym")
        if not self.selection.include_excluded:
            people = people.included()
        rows, flags = [(self.judges[annotator.pseudonym], annotator) for annotator in people], self.flags
        for name, annotator in sorted(rows, key=lambda row: row[0]):
            yield {
                "judge": name,
                "judge_type": annotator.judge_type,
                "rated_elsewhere": annotator.imported,
                "excluded": not annotator.is_included,
                "warnings": "; ".join(flags.get(annotator.pk, [])),
            }

    @cached_property
    def has_repeats(self) -> bool:
        """True once a pair came again to somebody."""
        return self.study.comparisons.filter(repeat=True).exists()

    def repeat_rows(self) -> Iterator[Row]:
        """Yield both answers to each question of a pair that came again."""
        people = dict(self.study.annotators.values_list("pk", "pseudonym"))
        criteria = dict(self.study.criteria.values_list("pk", "key"))
        twice = list(answered_twice(self.study))
        votes = Judgement.objects.filter(pk__in=[row.first for row in twice])
        first_votes = {pk: (public, pair) for pk, public, pair in votes.values_list("pk", "public_id", _COMPARISON)}
        for row in twice:
            public_id, comparison = first_votes[row.first]
            yield {
                "id": str(public_id),
                "comparison_id": comparison,
                "criterion": criteria[row.criterion],
                "judge": self.judges[people[row.annotator]],
                "winner": WINNERS[row.first_outcome],
                "winner_again": WINNERS[row.again_outcome],
            }

    @cached_property
    def has_verdicts(self) -> bool:
        """True once a judge answered."""
        return Verdict.objects.done().filter(study=self.study).exists()

    def verdict_rows(self) -> Iterator[Row]:
        """Yield every judge's verdicts in the form that import_verdicts reads, with all columns.

        Reasons quote texts, so there are none on withheld documents.
        """
        withheld = dict(self.documents().filter(pk__in=self.withheld).values_list("external_id", "pk"))
        columns = dict.fromkeys(TABLES["verdicts"].types)
        for row in verdict_rows(self.study):
            document = withheld.get(row["document_id"])
            if document is not None:
                row |= {"query": self.query_name(document, row.get("query")), "reason": None}
            yield columns | row

    @cached_property
    def has_marks(self) -> bool:
        """True once somebody marked a summary."""
        return Mark.objects.standing().filter(study=self.study).exists()

    def mark_rows(self) -> Iterator[Row]:
        """Yield marks, and who found nothing, in the form that import_marks reads, with all columns.

        Marked words and comments quote texts, so there are none on withheld documents; the places of marks stay. What
        people who rated here wrote beside marks is there with their other comments only.
        """
        silent = set() if self.include_comments else set(_raters_here(self.study))
        withheld = dict(self.documents().filter(pk__in=self.withheld).values_list("external_id", "pk"))
        columns = dict.fromkeys(TABLES["marks"].types)
        for row in mark_rows(self.study, readings=True, excluded=self.selection.include_excluded):
            if row["annotator"] in silent:
                row["comment"] = None
            row["annotator"] = self.judges[row["annotator"]]
            document = withheld.get(row["document_id"])
            if document is not None:
                row |= {"query": self.query_name(document, row.get("query")), "text": None, "comment": None}
            yield columns | row

    def comment_rows(self) -> Iterator[Row]:
        """Yield the newest comment of each annotator on each pair.

        Comments quote texts, so there are none on withheld documents.
        """
        pairs = self.study.comparisons.for_rating().exclude(document__in=self.withheld)
        rows = Remark.objects.filter(assignment__comparison__in=pairs, kind=Remark.Kind.COMMENT)
        if not self.selection.include_excluded:
            rows = rows.filter(included("assignment__annotator__"))
        newest = {
            assignment: (comparison, judge, text)
            for assignment, comparison, judge, text in rows.order_by("pk").values_list(
                "assignment_id", "assignment__comparison_id", "assignment__annotator__pseudonym", "text"
            )
        }
        for comparison, judge, text in newest.values():
            if text:
                yield {"comparison_id": comparison, "judge": self.judges[judge], "comment": text}


def _raters_here(study: Study) -> Iterable[str]:
    return study.annotators.filter(imported=False).values_list("pseudonym", flat=True)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
