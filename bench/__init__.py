"""Benchmarks: workloads, peers that run them in their own environments, one interleaving runner."""
