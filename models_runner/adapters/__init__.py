"""Adapters, one file per backend, behind one protocol: requests in, summaries out; imports no models or other room."""
