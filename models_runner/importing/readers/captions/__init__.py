"""Captions: WebVTT, SubRip, SBV."""
