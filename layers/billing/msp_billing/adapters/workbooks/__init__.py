"""Comparisons as spreadsheets."""
