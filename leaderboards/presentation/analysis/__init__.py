"""Analyses of votes, raters and metrics in words and points: for the trust page, the report and the terminal."""
