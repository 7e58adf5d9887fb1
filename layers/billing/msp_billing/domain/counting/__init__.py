"""Counting: which items of a snapshot make a quantity, and what joined and left."""
