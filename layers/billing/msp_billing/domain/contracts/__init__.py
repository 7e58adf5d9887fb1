"""Contracts: what was agreed with an account, and how long it lasts."""
