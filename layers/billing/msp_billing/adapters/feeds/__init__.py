"""Exports of the provider's tools: which one a snapshot takes, and the rows in it."""
