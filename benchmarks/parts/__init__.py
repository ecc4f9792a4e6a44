"""Parts that several benchmarks share: a temporary site, stored votes, generated meetings, an HTTP client."""
