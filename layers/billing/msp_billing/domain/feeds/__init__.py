"""Feeds: what exports look like, and the one table of rows that all of them become."""
