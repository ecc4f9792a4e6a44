"""Errors that people marked, ready to show: sentences, bars, rows, examples with the turns of the meeting beside."""
