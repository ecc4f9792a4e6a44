"""Boards, analyses, exports and releases; imports annotations, models_runner, lib, jobs and stats."""
