"""Corrections: what mends an issued invoice without changing it."""
