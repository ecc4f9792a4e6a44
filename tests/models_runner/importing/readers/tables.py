"""Tables as files, for the tests that read them."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from tests.models_runner.importing.reading import read

MAP = ("transcript=Talk", "reference=Gold")


def lines(*rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def documents(name, content, *maps, **options):
    """id, speakers and reference texts of each document."""
    file = read(name, content, *maps, **options)
    return [(d.id, [t["speaker"] for t in d.turns], [text for _, text in d.references]) for d in file.documents]


def workbook(*sheets, merged=()):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def parquet(table: dict) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.table(table), data)
    return data.getvalue()
