"""What serves requests and writes logs, below the apps. Imports nothing of ours."""
