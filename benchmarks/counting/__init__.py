"""Counting what the local cloud was asked for, in the units that AWS charges for."""
