"""Files that one process writes and others read: on a disk that all of them see, or in object storage (S3)."""
