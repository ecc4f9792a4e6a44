"""Datasets, systems, runs, summaries and their metrics; imports lib and jobs, no other app."""
