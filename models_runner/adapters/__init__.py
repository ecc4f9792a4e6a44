"""One file a backend, behind one protocol: requests in, summaries out; imports no models and no other room."""
