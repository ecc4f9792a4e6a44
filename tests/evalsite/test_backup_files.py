"""What a backup's file may write, whatever somebody has put into it."""

import io
import tarfile

import pytest

from evalsite.backup.archive import DamagedBackupError, extract


def archive(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as written:
        for name, mode in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = 4, mode
            written.addfile(entry, io.BytesIO(b"text"))
    file.seek(0)
    return tarfile.open(fileobj=file)


def test_files_are_written_in_the_folders_that_rows_name(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    files = {"secret_key": 0o600, "exports/1/votes.csv": 0o777, "other/file": 0o644}
    assert extract(archive(files)) == 1
    written = {
        str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()
    }
    assert written == {"secret_key": 0o600, "exports/1/votes.csv": 0o644}
    assert (tmp_path / "exports/1/votes.csv").read_text() == "text"


@pytest.mark.parametrize("name", ["exports/../../outside", "uploads/../../../outside"])
def test_no_file_is_written_elsewhere(name, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    with pytest.raises(DamagedBackupError, match="outside DATA_DIR"):
        extract(archive({name: 0o644}))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
