"""Write croissant.json, which describes the tables of a release for programs, in MLCommons' format Croissant 1.0.

Written by hand: it is one dictionary, and its fields come from the same column types as the files. The library
mlcroissant reads and checks such files, and brings a dozen packages (rdflib among them) for that. It is a test
dependency: tests/leaderboards/test_releases.py lets it validate the file and read the records.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leaderboards.exports.columns import FLAG, NUMBER, TEXT, TEXTS, TURNS, WHOLE
from leaderboards.models.releases import Release
from leaderboards.releases.tables import TABLES, ReleaseTable

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = {TEXT: "sc:Text", WHOLE: "sc:Integer", NUMBER: "sc:Float", FLAG: "sc:Boolean"}


def croissant(
    release: Release, folder: Path, counts: Mapping[str, int], digests: Mapping[str, str], languages: list[str]
) -> dict[str, Any]:
    """Of the tables that have rows. Nested columns (turns, queries) are in the files and not described here."""
    tables = [table for name, table in TABLES.items() if counts.get(name)]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": release.folder_name,
        "description": release.description or f"Pairwise human ratings of meeting summaries: {release.name}.",
        "version": release.version,
        "license": release.licence,
        "url": f"https://doi.org/{release.doi}" if release.doi else f"urn:uuid:{release.public_id}",
        "citeAs": f"{release.name}, version {release.version}, {release.created_at.year}",
        "datePublished": release.created_at.date().isoformat(),
        "inLanguage": languages,
        "distribution": [_file(folder, table, digests) for table in tables],
        "recordSet": [_records(table) for table in tables],
    }


def _file(folder: Path, table: ReleaseTable, digests: Mapping[str, str]) -> dict[str, Any]:
    path = f"data/{table.name}.parquet"
    return {
        "@type": "cr:FileObject",
        "@id": f"{table.name}.parquet",
        "name": f"{table.name}.parquet",
        "description": table.about,
        "contentUrl": path,
        "contentSize": f"{(folder / path).stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digests[path],
    }


def _records(table: ReleaseTable) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.about,
        "field": [_field(table, name, kind) for name, kind in table.types.items() if kind not in (TURNS, TEXTS)],
    }


def _field(table: ReleaseTable, name: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{name}",
        "name": name,
        **({"description": table.meanings[name]} if name in table.meanings else {}),
        "dataType": TYPES[kind],
        "source": {"fileObject": {"@id": f"{table.name}.parquet"}, "extract": {"column": name}},
    }
