"""A release has the study's protocol, and nothing in it that may not leave."""

import pytest

from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from leaderboards.releases.build import file_sha256, folder_of, zip_of
from models_runner.models import System
from protocol.file.reading import read_protocol
from protocol.running.run import begin
from protocol.study.released import released_protocol
from tests.protocol.files import with_meetings, work_in

pytestmark = pytest.mark.django_db

FAR = {
    "name": "Far", "adapter": "openai", "regime": "zero-shot", "model_id": "m", "price": {"hour": 3.5},
    "engine": {"base_url": "http://127.0.0.1:9/v1", "key_env": "VLLM_API_KEY", "preset": "vllm", "extra_body": {"x": 1}},
}  # fmt: skip
NEAR = {"name": "Near", "adapter": "llamacpp", "regime": "zero-shot", "model_id": "/home/maya/secret/weights.gguf"}


@pytest.fixture
def study(tmp_path):
    System.objects.create(slug="gone", name="Gone", adapter="imported", regime="human")
    return begin(
        work_in(
            with_meetings(tmp_path),
            runs=[{"dataset": "m", "instructions": ["short"], "systems": ["lexrank"]}],
            systems__far=FAR,
            systems__near=NEAR,
            study__systems=["far", "near", "lexrank"],
            study__consent="Write to maya@example.org.",
            study__completion_code="C0DE",
            study__questions_before=["text | Which team are you in?"],
        )
    )


def test_what_leaves_names_no_place_no_host_no_price_and_no_code(study):
    text = released_protocol(study)
    for word in (
        "127.0.0.1",
        "VLLM_API_KEY",
        "extra_body",
        "/home/maya",
        "3.5",
        "maya@example.org",
        "C0DE",
        "Which team",
        "meetings\n",
    ):
        assert word not in text
    protocol = read_protocol(text)
    assert protocol.systems["near"].model_id == "weights.gguf"
    assert protocol.systems["far"].engine == {"preset": "vllm"}
    assert (protocol.datasets["m"].documents, protocol.datasets["m"].sources[0].path) == (3, "")


def test_a_release_contains_it_and_is_the_same_when_it_is_written_again(study):
    release = publishing.write_files(publishing.create_draft(study, publishing.Draft(), None))
    file = folder_of(release) / "protocol.yaml"
    assert file.read_text() == released_protocol(study)
    assert "protocol.yaml" in (folder_of(release) / "CHECKSUMS").read_text()
    first = file_sha256(zip_of(release))
    Release.objects.filter(pk=release.pk).update(status="running", owner="x", lease_until="2100-01-01T00:00:00Z")
    assert publishing.write_files(Release.objects.get()).sha256 == first


def test_published_files_stay_as_they_are(study):
    release = publishing.write_files(publishing.create_draft(study, publishing.Draft(), None))
    (folder_of(release) / "protocol.yaml").unlink()  # as one that was published before releases had it
    checksums = folder_of(release) / "CHECKSUMS"
    checksums.write_text("".join(line for line in checksums.open() if "protocol.yaml" not in line))
    release.counts["rows"]["votes"] = 1  # nobody has rated yet, and nothing is published then
    publishing.publish(release)
    assert publishing.changed_files(release) == []
