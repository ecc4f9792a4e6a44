"""Benchmarks that report speed as ratios measured in one run; docs/benchmarks.md names the modules to run."""
