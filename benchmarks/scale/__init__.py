"""A filled site, and how long its pages, votes, files and claims take on it; run as python -m benchmarks.scale."""
