"""Putting a provider directory in force: first a plan like a diff, then all of it or nothing."""
