"""What serves requests below Django. Imports nothing of ours."""
