"""What several benchmarks share: a site of their own, stored votes, made-up meetings, a client."""
