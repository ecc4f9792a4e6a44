"""The example study with simulated votes: its systems, their stored summaries, and votes drawn by a program.

May import the apps; only the commands and pages of evalsite import it.
"""
