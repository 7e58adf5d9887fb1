"""Writes the sample accounts and feeds below ``providers/``; policies are written by hand.

Run ``python -m tools.sample_data``. The same bytes come out every time, on every machine.
"""
