"""Metrics that ask a system of this site, and so need its record and its adapter."""
