"""Asking models: within the limits of an endpoint, and for metrics that ask a system of this site."""
