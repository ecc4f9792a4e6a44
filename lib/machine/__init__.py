"""What this computer has, and what a process gives back to it. Imports nothing of ours."""
