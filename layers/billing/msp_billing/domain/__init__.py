"""The rules of billing, as pure data and functions.

Nothing here reads a clock, a file or a network; everything that varies comes in as an argument.
That is what lets a sealed month be replayed to the same cent years later (docs/architecture.md).
"""
