"""Payments: what came in, whose it is, and what it pays."""
