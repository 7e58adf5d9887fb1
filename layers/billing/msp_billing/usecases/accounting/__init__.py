"""Exports for accounting programs."""
