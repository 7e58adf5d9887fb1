"""Benchmarks: `make bench`. They print figures; they never fail for being slow."""
