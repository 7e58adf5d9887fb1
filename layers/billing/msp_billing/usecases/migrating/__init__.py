"""Bringing a table's items from the shape that an older version stored into today's."""
