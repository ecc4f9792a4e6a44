"""Speed as ratios, measured in one run; each module named in docs/benchmarks.md is run by itself."""
