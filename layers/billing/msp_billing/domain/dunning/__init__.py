"""Dunning: an unpaid invoice is followed, step by step, until it is paid (DUN-01 to DUN-10)."""
