"""Readers of what banks and payment services send: bytes in, payments and returns out."""
