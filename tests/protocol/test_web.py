"""Pages of protocols: download, comparison, what goes on record, and a new study from an upload that nobody need trust."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotations.models import Membership, Study
from models_runner.models import Run, System
from protocol.file.reading import read_protocol
from protocol.file.writing import as_text
from protocol.models import ProtocolRecord
from protocol.running.run import begin
from protocol.study.export import protocol_of
from protocol.web.uploads import MOST_BYTES
from tests.factories import UserFactory
from tests.people import researcher
from tests.protocol.files import protocol_of_data, small, text_of, with_meetings, work_in
from tests.protocol.test_yaml_text import BOMB

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NEW = "/protocols/new/"


@pytest.fixture
def client():
    return researcher()


@pytest.fixture
def folder(tmp_path):
    return with_meetings(tmp_path)


@pytest.fixture
def study(folder):
    return begin(work_in(folder))


def file_of(text):
    return SimpleUploadedFile("x.yaml", text if isinstance(text, bytes) else text.encode(), "application/yaml")


def planned(client, text, do="plan"):
    return client.post(NEW, {"file": file_of(text), "do": do})


def test_the_page_shows_the_file_and_the_download_is_it(client, study):
    page = client.get(reverse("study-protocol", args=[study.slug]))
    download = client.get(reverse("protocol-file", args=[study.slug]))
    assert read_protocol(download.content.decode()) == protocol_of(study)
    assert download["Content-Disposition"] == 'attachment; filename="small.yaml"'
    assert page.context["text"] == download.content.decode()
    assert "on record, no vote yet" in page.content.decode()


def test_an_upload_is_compared_and_not_kept(client, study):
    address = reverse("study-protocol", args=[study.slug])
    other = text_of(small(study__quota=5, about="Else."))
    page = client.post(address, {"file": file_of(other)})
    assert [(one.key, one.in_file, one.in_study, one.stops) for one in page.context["differences"]] == [
        ("about", "Else.", "—", False),
        ("study.quota", "5", "2", True),
    ]
    same = client.post(address, {"file": file_of(as_text(protocol_of(study)))})
    assert "Nothing differs." in same.content.decode()
    assert ProtocolRecord.objects.count() == 1
    assert Study.objects.get().quota == 2


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (BOMB, "Anchors and aliases"),
        ("a: !!python/object/apply:os.system [true]", "tag"),
        ("x" * (MOST_BYTES + 1), "more than"),
        (b"a: \xff\xfe", "not UTF-8"),
        ("a: \x00", "NUL"),
        ("[" * 50_000, "deep"),
        ("- <script>alert(1)</script>", "no protocol"),
        ("punchweight_protocol: 1\n<script>: 1", "is no key"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_in_words(client, study, upload, words):
    for address in (reverse("study-protocol", args=[study.slug]), NEW):
        page = client.post(address, {"file": file_of(upload)})
        assert page.status_code == 400
        assert words in page.content.decode()
        assert "<script>alert" not in page.content.decode()


def test_no_file_is_asked_for_again(client, study):
    assert "Choose a file." in client.post(NEW, {}).content.decode()


def test_a_plan_is_put_on_record_in_words_by_owners(client, study):
    address = reverse("record-protocol", args=[study.slug])
    words = {"criterion": "overall", "exclusion": "Whoever sleeps.", "stopping": "", "notes": ""}
    client.post(address, words)
    client.post(address, words)
    assert ProtocolRecord.objects.count() == 2
    assert protocol_of(study).analysis.exclusion == "Whoever sleeps."
    member = UserFactory(username="member")
    Membership.objects.create(study=study, user=member, role="researcher")
    client.force_login(member)
    assert client.post(address, words).status_code == 403
    assert "Put on record" not in client.get(reverse("study-protocol", args=[study.slug])).content.decode()


def test_a_study_made_on_the_site_can_be_put_on_record(client, study):
    ProtocolRecord.objects.all().delete()
    client.post(reverse("record-protocol", args=[study.slug]), {"criterion": "overall", "notes": "x"})
    record = ProtocolRecord.objects.get()
    assert record.recorded_by == "researcher"
    assert read_protocol(record.text) == protocol_of(study)


def test_a_new_study_is_made_after_its_plan_was_seen(client, study):
    text = text_of(small(study__slug="second", study__instruction="medium"))
    page = planned(client, text)
    assert Study.objects.count() == 1
    assert "run of lexrank on m (medium)" in page.content.decode()
    assert page.context["may_create"]
    made = client.post(NEW, {"text": text, "do": "create"})
    second = Study.objects.get(slug="second")
    assert made["Location"] == second.get_absolute_url()
    assert second.memberships.get().user.username == "researcher"
    assert Run.objects.filter(instruction="medium").count() == 3
    assert ProtocolRecord.objects.filter(study=second, recorded_by="researcher").exists()


def test_files_on_the_server_are_not_read_for_an_upload(client, folder):
    data = small()
    data["datasets"]["m"]["sources"][0]["path"] = "/etc/passwd"
    page = planned(client, text_of(data), do="create")
    assert "Dataset m is not here. Import its meetings on the page Datasets" in page.content.decode()
    assert not Study.objects.exists()
    assert not System.objects.exists()


def test_all_or_nothing_is_made(client, study):
    text = text_of(small(study__slug="second", study__documents={"chosen": ["nobody"]}))
    page = planned(client, text, do="create")
    assert "has no document" in page.content.decode()
    assert Study.objects.count() == 1


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ({"adapter": "llamacpp", "model_id": "/etc/passwd"}, "runs weights that no system here has"),
        ({"adapter": "transformers", "model_id": "../../secret"}, "runs weights that no system here has"),
        ({"adapter": "openai", "model_id": "m", "engine": {"base_url": "http://127.0.0.1:6379/"}}, "would send transcripts"),
        ({"adapter": "scripted"}, "nobody can make a system"),
    ],
)  # fmt: skip
def test_an_upload_names_no_path_and_no_address(client, study, system, words):
    entry = {"name": "Mine", "regime": "zero-shot"} | system
    text = text_of(small(study__slug="second", systems__mine=entry, study__systems=["mine", "lexrank"]))
    page = planned(client, text, do="create")
    assert words in page.content.decode()
    assert not System.objects.filter(slug="mine").exists()


def test_a_system_that_only_copies_sentences_comes_in_with_the_file(client, study):
    entry = {
        "name": "Five",
        "adapter": "extractive",
        "regime": "baseline",
        "engine": {"method": "lead", "sentences": 5},
    }
    text = text_of(small(study__slug="second", systems__five=entry, study__systems=["five", "lexrank"]))
    planned(client, text, do="create")
    assert System.objects.get(slug="five").engine == {"method": "lead", "sentences": 5}


def test_a_study_that_is_there_is_compared_instead(client, study):
    page = planned(client, text_of(small()), do="create")
    assert "A study named small is there." in page.content.decode()
    assert Study.objects.count() == 1


def test_pages_lead_to_each_other(client, study):
    assert NEW in client.get("/studies/").content.decode()
    assert "/studies/small/protocol/" in client.get("/studies/small/").content.decode()
    assert protocol_of_data().study.slug in client.get("/studies/small/protocol/").content.decode()
