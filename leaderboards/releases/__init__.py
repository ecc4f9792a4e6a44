"""Freeze a study's votes and everything they are about as files for use without this site; may import exports."""
