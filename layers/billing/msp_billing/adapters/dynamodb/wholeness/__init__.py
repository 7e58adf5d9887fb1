"""Checks of items, one module per part of the table."""
