"""Ports in memory, for tests of use cases: they keep the promises of the real ones, and count."""
