"""Snapshots, releases, exports, and the jobs that make them; imports the models of annotations alone."""

from leaderboards.models.releases import ExportJob, FileJob, Release
from leaderboards.models.snapshots import Asked, BoardSnapshot, SnapshotJob

__all__ = ["Asked", "BoardSnapshot", "ExportJob", "FileJob", "Release", "SnapshotJob"]
