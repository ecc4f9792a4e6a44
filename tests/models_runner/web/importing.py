"""Meetings that are uploaded and stored through the pages, for tests."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from models_runner.models import ImportDraft
from tests.people import researcher

VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
<v Ana Ruiz>We open the hall on Monday.</v>

00:00:03.500 --> 00:00:05.000
<v Ana Ruiz>The keys are with Ben.</v>

00:00:06.000 --> 00:00:08.000
<v Ben Ode>I bring them at eight.</v>
"""
PASTED = """[00:00:01] Ana Ruiz: We open the hall on Monday.
[00:00:05] Ben Ode: I bring the keys.
[00:00:09] Ana Ruiz: Good.
"""
TABLE = "nr;talk;minutes\nm1;Ana: We open.;It opens.\nm2;Ben: I pay.;nan\n"


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def upload(*files, client=None, **values):
    data = {"name": "hall", "format": "auto", "language": "en", "missing": "ask", "pasted": "", **values}
    data["files"] = [SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
                     for name, content in files]  # fmt: skip
    return (client or researcher()).post("/import-meetings/", data)


def draft_of(response):
    assert response.status_code == 302, response.context["form"].errors
    return ImportDraft.objects.get()


def send(draft, do="import", client=None, **values):
    data = {**draft.options, "do": do} | values
    return (client or researcher()).post(draft.get_absolute_url(), {k: v for k, v in data.items() if v is not None})


def page_of(draft):
    return researcher().get(draft.get_absolute_url())


def shown(draft):
    return [document.shown for document in page_of(draft).context["documents"]]
