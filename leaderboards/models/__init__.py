"""Snapshots, releases, exports, their jobs, and what is shared; imports the models of annotations alone."""

from leaderboards.models.looks import TakenLook
from leaderboards.models.releases import ExportJob, FileJob, Release
from leaderboards.models.sharing import PublicBoard, SharedLink, ShownPages
from leaderboards.models.snapshots import BoardSnapshot, SnapshotJob

__all__ = [
    "BoardSnapshot",
    "ExportJob",
    "FileJob",
    "PublicBoard",
    "Release",
    "SharedLink",
    "ShownPages",
    "SnapshotJob",
    "TakenLook",
]
