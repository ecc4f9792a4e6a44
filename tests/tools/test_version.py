"""The check that the version, the changelog, the client and the tag agree."""

import subprocess

import pytest

from tools.version import ROOT, disagreements, tags_on_head

UNRELEASED = "## Unreleased\n\n- Something.\n\n"
RELEASED = "## 1.2.0\n\nText.\n\n## 1.1.0\n\nOlder.\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{RELEASED}")
    return tmp_path


def test_this_project_agrees():
    assert disagreements(ROOT, tags_on_head(ROOT)) == []


@pytest.mark.parametrize("tags", [[], ["v1.2.0"], ["v1.2.0", "reviewed"]])
def test_a_release_agrees(project, tags):
    assert disagreements(project, tags) == []


def test_work_after_a_release_is_unreleased(project):
    (project / "CHANGELOG.md").write_text(f"# Changelog\n\n{UNRELEASED}{RELEASED}")
    assert disagreements(project, []) == []
    assert disagreements(project, ["v1.2.0"]) == [
        "CHANGELOG.md has unreleased changes, but this commit is tagged v1.2.0."
    ]


@pytest.mark.parametrize("tag", ["v1.3.0", "1.2.0", "v1.2", "v1.2.0rc1"])
def test_another_tag_is_told(project, tag):
    assert disagreements(project, [tag]) == [f"The tag on this commit is {tag}; expected v1.2.0."]


def test_another_newest_release_is_told(project):
    (project / "CHANGELOG.md").write_text("# Changelog\n\n## 1.1.0\n")
    (wrong,) = disagreements(project, [])
    assert wrong.startswith("The newest release in CHANGELOG.md is 1.1.0; expected 1.2.0")


def test_another_version_of_the_client_is_told(project):
    (project / "client" / "pyproject.toml").write_text('[project]\nversion = "1.1.0"\n')
    (wrong,) = disagreements(project, [])
    assert wrong.startswith("The version in client/pyproject.toml is 1.1.0; expected 1.2.0")


def test_tags_of_the_commit_alone(project):
    def git(*arguments):
        who = ["-c", "user.name=Maya", "-c", "user.email=maya@example.org"]
        subprocess.run(["git", "-C", str(project), *who, *arguments], check=True, capture_output=True)

    assert tags_on_head(project) == []
    git("init")
    git("add", ".")
    git("commit", "--message", "First")
    git("tag", "v1.1.0")
    git("commit", "--allow-empty", "--message", "Second")
    git("tag", "v1.2.0")
    assert tags_on_head(project) == ["v1.2.0"]
