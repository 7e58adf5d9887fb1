"""Bringing customers in: exports of the system before, read without guessing."""
