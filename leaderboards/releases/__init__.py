"""Releases: a study's votes and all they are about, frozen, as files that others can use without this site."""
