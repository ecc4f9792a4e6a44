"""Studies whose summaries are known, and files of marks."""

import json

from models_runner.models import Summary
from tests.factories import make_study

TEXT = "Maya ships the checkout on Monday. Leo fixes the tests by Wednesday. 会议决定周五发布。"


def study_with_texts(systems=2, documents=2, text=TEXT, **values):
    """A study whose summaries all have this text."""
    study = make_study(systems=systems, documents=documents, **values)
    Summary.objects.filter(run__dataset=study.dataset).update(text=text)
    return study


def slugs(study):
    return list(study.systems.order_by("slug").values_list("slug", flat=True))


def documents(study):
    return list(study.dataset.documents.order_by("pk").values_list("external_id", flat=True))


def row(study, **values):
    """A mark on "Monday" as a line of a file; ... leaves a field out."""
    start = TEXT.index("Monday")
    columns = {
        "document_id": documents(study)[0], "system": slugs(study)[0], "annotator": "ana", "start": start,
        "end": start + 6, "text": "Monday", "kind": "wrong number or date", "severity": "major",
    }  # fmt: skip
    return {name: value for name, value in (columns | values).items() if value is not ...}


def whole(study, **values):
    return row(study, **({"start": None, "end": None, "text": "", "kind": "missing decision"} | values))


def file_of(tmp_path, *rows, name="marks.jsonl"):
    path = tmp_path / name
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    return path
