"""Write a release's folder and zip file. Both appear when they are complete."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from annotations.models import Study
from leaderboards.exports.looks import look_rows
from leaderboards.exports.rows import Row, count_left_out
from leaderboards.models.releases import Release
from leaderboards.releases.board import CHANCE, EQUAL, BoardMaker
from leaderboards.releases.card import Facts, cards
from leaderboards.releases.croissant import croissant
from leaderboards.releases.rows import Contents
from leaderboards.releases.tables import TABLES, give_back_memory, with_times, write_table
from leaderboards.snapshots.boards import CODE_VERSION
from lib.files import replace_bytes_when_complete
from lib.storage.shared import Shared, file_sha256
from models_runner.datasets.instructions import texts_of
from protocol.study.released import released_protocol

REPRODUCE = Path(__file__).with_name("reproduce.py")
# A fixed date: zip files of the same contents are identical.
NO_DATE = (1980, 1, 1, 0, 0, 0)
BLOCK = 1 << 20


@dataclass(frozen=True)
class Built:
    """The zip file and the numbers of what is in it."""

    sha256: str
    bytes: int
    counts: dict[str, Any]


def shared_files(release: Release) -> Shared:
    """Return where all processes find the release's folder and zip file."""
    return Shared(f"releases/{release.public_id}")


def folder_of(release: Release) -> Path:
    """Return the folder that the release's files are written into."""
    return shared_files(release).path / release.folder_name


def zip_of(release: Release) -> Path:
    """Return the path that the release's zip file is written to."""
    return folder_of(release).parent / f"{release.folder_name}.zip"


def build(release: Release, progress: Callable[[int], object] = lambda rows: None) -> Built:
    """Write folder and zip file from what the study has now. progress: Called with the rows of each group written."""
    target = folder_of(release)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=target.parent, prefix=".building-"))
    try:
        with one_snapshot():
            counts = _write(release, unfinished, progress)
        unfinished.chmod(0o755)
        _refuse_if_published(release)
        shutil.rmtree(target, ignore_errors=True)
        unfinished.replace(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _zip(target, zip_of(release))
    built = Built(file_sha256(zip_of(release)), zip_of(release).stat().st_size, counts)
    shared_files(release).keep(last_look=lambda: _refuse_if_published(release))
    return built


def build_again(release: Release) -> bool:
    """Write files that are gone from the rows of now; return False, and write nothing, if they would not be the same.

    The zip file's checksum on the release's record, which nothing can change, is the proof.
    """
    parent = folder_of(release).parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".building-") as building:
        folder = Path(building) / release.folder_name
        folder.mkdir()
        with one_snapshot():
            _write(release, folder, lambda rows: None)
        folder.chmod(0o755)
        archive = folder.with_name(zip_of(release).name)
        _zip(folder, archive)
        if file_sha256(archive) != release.sha256:
            return False
        shutil.rmtree(folder_of(release), ignore_errors=True)
        folder.replace(folder_of(release))
        archive.replace(zip_of(release))
    shared_files(release).keep()
    return True


def _refuse_if_published(release: Release) -> None:
    """Refuse to overwrite published files, which another worker may have written after this one lost its lease."""
    if Release.objects.filter(pk=release.pk, publication=Release.Publication.PUBLISHED).exists():
        raise RuntimeError(f"{release} was published meanwhile: its files stay.")


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Read all tables as of one moment, while people go on voting."""
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "sqlite":
        # IMMEDIATE, the default here, would block every vote; a deferred transaction that only reads blocks nothing.
        connection.ensure_connection()  # which sets the mode
        database: Any = connection
        usual, database.transaction_mode = database.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            database.transaction_mode = usual
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _write(release: Release, folder: Path, progress: Callable[[int], object]) -> dict[str, Any]:
    study = release.study
    chosen = {"include_excluded": release.include_excluded, "include_comments": release.include_comments}
    contents = Contents(study, **chosen)
    maker = BoardMaker(study.criteria.values_list("key", flat=True), study.systems.values_list("slug", flat=True))
    (folder / "data").mkdir()
    about = {name: with_times(table) if contents.has_times else table for name, table in TABLES.items()}
    counts = {
        name: write_table(folder / "data", about[name], rows, progress)
        for name, rows in _tables(release, contents, maker).items()
    }
    give_back_memory()
    facts = _facts(contents, maker, release.seed, counts)
    _write_json(folder / "board.json", {"release": release.folder_name, **facts.board})
    _write_json(folder / "study.json", _about(release, facts))
    (folder / "protocol.yaml").write_text(released_protocol(study), encoding="utf-8")
    for name, text in cards(release, facts):
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copyfile(REPRODUCE, folder / "reproduce.py")
    digests = {path: file_sha256(folder / path) for path in _files(folder)}
    _write_json(folder / "croissant.json", croissant(release, folder, counts, digests, facts.languages))
    digests["croissant.json"] = file_sha256(folder / "croissant.json")
    lines = [f"{digest}  {path}\n" for path, digest in sorted(digests.items())]
    (folder / "CHECKSUMS").write_text("".join(lines), encoding="utf-8")
    return {"rows": counts, "left_out": dict(facts.left_out), "withheld": facts.withheld}


def _tables(release: Release, contents: Contents, maker: BoardMaker) -> dict[str, Iterator[Row]]:
    tables = {
        "votes": maker.of_votes(contents.votes()),
        "comparisons": contents.comparison_rows(),
        "summaries": contents.summary_rows(),
        "documents": contents.document_rows(),
        "references": contents.reference_rows(),
        "scores": maker.of_scores(contents.score_rows()),
        "systems": contents.system_rows(),
        "annotators": contents.annotator_rows(),
    }
    if contents.has_repeats:
        tables["repeats"] = contents.repeat_rows()
    if release.has_looks and release.study.planned_looks:
        tables["looks"] = look_rows(release.study)
    if contents.has_verdicts:
        tables["verdicts"] = contents.verdict_rows()
    if contents.has_marks:
        tables["marks"] = contents.mark_rows()
    return tables | ({"comments": contents.comment_rows()} if release.include_comments else {})


def _facts(contents: Contents, maker: BoardMaker, seed: int, counts: Mapping[str, int]) -> Facts:
    documents = contents.documents().order_by()
    left_out = count_left_out(contents.study, contents.selection)
    return Facts(
        counts=counts,
        left_out={reason: n for reason, n in left_out.items() if reason},
        languages=sorted(set(documents.values_list("language", flat=True))),
        licences=sorted(set(documents.exclude(licence="").values_list("licence", flat=True))),
        withheld=len(contents.withheld),
        board=maker.board(seed),
        agreement=maker.agreement(seed),
        flagged=len(contents.flags),
    )


def _about(release: Release, facts: Facts) -> dict[str, Any]:
    """Return the contents of study.json."""
    study = release.study
    return {
        "release": {
            "name": release.name,
            "version": release.version,
            "licence": release.licence,
            "made_at": release.created_at.isoformat(),
            "made_with": f"Punchweight {CODE_VERSION}",
            "description": release.description,
        },
        "study": study.slug,
        "title": study.title,
        "dataset": study.dataset.name,
        "settings": _settings(study),
        "instruction_texts": _wordings(study),
        "criteria": list(study.criteria.values("key", "question", "help_text")),
        "guidelines": study.guidelines,
        "rows": dict(facts.counts),
        "votes_left_out": dict(facts.left_out),
        "documents_withheld": facts.withheld,
        "agreement": facts.agreement,
        "board_weights": {
            key: [EQUAL, *([CHANCE] if board["by_chance"] else [])] for key, board in facts.board["criteria"].items()
        },
    }


def _settings(study: Study) -> dict[str, Any]:
    names = (
        *("instruction", "which_documents", "which_pairs", "pairs_per_document", "quota", "sampling", "epsilon"),
        *("allow_tie", "allow_both_bad", "strength", "comments", "summary_format"),
        *("gold_every", "seed", "annotator_title"),
    )
    return {name: getattr(study, name) for name in names} | {"anchor": study.anchor.slug if study.anchor else None}


def _wordings(study: Study) -> dict[str, dict[str, str]]:
    """Return the texts of the instruction, by version and language."""
    runs = study.dataset.runs.filter(system__in=study.systems.all(), instruction=study.instruction).order_by()
    versions = runs.values_list("instruction_version", flat=True).distinct()
    return {str(version): texts_of(study.instruction, version) for version in sorted(versions)}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _zip(folder: Path, path: Path) -> None:
    with (
        replace_bytes_when_complete(path) as file,
        zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        for name in _files(folder):
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", NO_DATE)
            entry.external_attr = 0o644 << 16
            # Parquet is already compressed.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
            with (folder / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, BLOCK)
