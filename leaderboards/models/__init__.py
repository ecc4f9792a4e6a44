"""Snapshots, releases, exports, and the jobs that make them; imports the models of annotations alone."""

from leaderboards.models.releases import ExportJob, FileJob, Release
from leaderboards.models.snapshots import MAX_ATTEMPTS, BoardSnapshot, SnapshotJob

__all__ = ["MAX_ATTEMPTS", "BoardSnapshot", "ExportJob", "FileJob", "Release", "SnapshotJob"]
